import type { Catalog } from '#lib/domain/catalog.ts';
import type { Device } from '#lib/domain/device.ts';
import { exampleDevice } from '../tests/support/catalog.ts';

/** A phone with all lines and keys that its model has. */
export function fullPhone(catalog: Catalog, model: string): Device {
  const { lines = 0, keys = 0 } = catalog.models.get(model) ?? {};
  const [line] = exampleDevice().lines;
  const [key] = exampleDevice().keys;
  if (!line?.account || !key) throw new Error('the example phone has no line or no key');
  const { account } = line;
  return exampleDevice({
    model,
    lines: upTo(lines).map((index) => ({ ...line, index, account: { ...account, id: `account-${index}` } })),
    keys: upTo(keys).map((index) => ({ ...key, index, value: `${1200 + index}`, label: `Desk ${index}` })),
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, position) => position + 1);
}
