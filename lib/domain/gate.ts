/**
 * What must not reach a phone. Each refusal names the place, the reason and the fix; warnings are shown and block nothing.
 */
import { baseFor, type Catalog } from './catalog.ts';
import type { CompiledFile } from './compile.ts';
import { type Device, hasNoAccounts } from './device.ts';
import { type Facts, registrarOf } from './facts.ts';
import type { Finding, FindingCode } from './finding.ts';
import type { Entry, ValueRefusal } from './formats/codec.ts';
import { findMacInText } from './mac.ts';
import type { Model } from './model.ts';
import { lineText } from './origin.ts';
import { Tracked } from './tracked.ts';
import type { Vendor } from './vendor.ts';

type Refusal = { readonly code: FindingCode; readonly reason: string; readonly fix: string };

export interface GateInput {
  readonly catalog: Catalog;
  readonly device: Device;
  readonly vendor: Vendor;
  readonly model: Model;
  readonly files: readonly CompiledFile[];
  readonly facts: Facts;
}

/** A device as a whole: its slots, its URLs, its common files, and whether its phone will find the account file. */
export function gateDevice(input: GateInput): Finding[] {
  return [
    ...checkSlots(input),
    ...checkUrls(input),
    ...checkRegistrars(input),
    ...gateSite(input.vendor, input.files),
    ...checkWalk(input),
  ];
}

/** Files that more than one phone can read hold neither a secret nor a MAC. */
export function gateSite(vendor: Vendor, files: readonly CompiledFile[]): Finding[] {
  return files.filter((file) => isShared(vendor, file)).flatMap(checkShared);
}

/** One setting as a template wrote it. */
export function gateEntry(vendor: Vendor, entry: Entry): Refusal | null {
  const text = entry.value.map((span) => span.text).join('');
  const refused = vendor.codec.refuseValue(text);
  const name = entry.value.find((span) => span.origins.length > 0)?.origins[0]?.path ?? entry.key;
  if (refused !== null)
    return {
      code: findingCode(refused),
      reason: `${name} cannot be written: ${refused.reason}`,
      fix: 'Change the value',
    };
  if (vendor.isSecretKey(entry.key) && text !== '' && entry.value.every((span) => span.origins.length === 0))
    return {
      code: 'literal-secret',
      reason: `${entry.key} holds a secret written into the template`,
      fix: 'Use a secret variable, the account, or a parameter',
    };
  if (vendor.emptyMeansReset && text === '' && entry.lines.every((line) => line.cleared !== true))
    return {
      code: 'empty-value-resets',
      reason: `${entry.key} is empty, which resets it to factory`,
      fix: 'Write | clear behind the value if that is meant, else leave the line out',
    };
  return null;
}

/** One parameter of a layer. */
export function gateParameter(vendor: Vendor, key: string, entry: Entry): Finding | null {
  const text = entry.value.map((span) => span.text).join('');
  const badKey = vendor.codec.refuseKey(key);
  const refused = vendor.codec.refuseValue(text);
  if (badKey === null && refused === null) return null;
  const code = badKey === null && refused !== null ? findingCode(refused) : 'value-not-representable';
  const reason = `parameter ${key} cannot be written: ${badKey ?? refused?.reason}`;
  return finding({ code, reason, fix: 'Change the parameter' });
}

function findingCode(refused: ValueRefusal): FindingCode {
  return refused.code === 'line-break-in-value' ? 'line-break-in-value' : 'value-not-representable';
}

function checkSlots({ device, model }: GateInput): Finding[] {
  if (hasNoAccounts(device.state)) return [];
  const line = device.lines.find((each) => each.index > model.lines);
  const key = device.keys.find((each) => each.index > keysOf(device, model, each.module));
  const found: Finding[] = [];
  if (line)
    found.push(
      finding({
        code: 'too-many-lines',
        reason: `line ${line.index} is set, and a ${model.name} has ${model.lines}`,
        fix: 'Remove the line, or choose a larger model',
      }),
    );
  if (key)
    found.push(
      finding({
        code: 'too-many-keys',
        reason: `key ${key.index} of ${key.module === 0 ? `a ${model.name}` : `module ${key.module}`} is set, which has ${keysOf(device, model, key.module)}`,
        fix: 'Remove the key, attach a module, or choose a larger model',
      }),
    );
  return found;
}

function keysOf(device: Device, model: Model, module: number): number {
  if (module === 0) return model.keys;
  const attached = device.modules.some((each) => each.index === module) && module <= model.modules;
  return attached ? model.moduleKeys : 0;
}

function checkUrls({ catalog, device, vendor, facts }: GateInput): Finding[] {
  const found: Finding[] = [];
  if (baseFor(catalog, device.siteId) === null)
    found.push(
      warning({
        code: 'no-base-url',
        reason: 'no address is known at which the phone reaches Provost, so its files name none',
        fix: "Set the site's public base, or start a worker on its network",
      }),
    );
  for (const name of ['provisioningUrl', 'firmwareUrl', 'phonebookUrl']) {
    const value = facts[name] instanceof Tracked ? facts[name].value : null;
    if (typeof value !== 'string' || value.length <= vendor.maxUrlLength) continue;
    const reason = `${name} has ${value.length} characters, and ${vendor.name} phones take ${vendor.maxUrlLength}`;
    found.push(finding({ code: 'url-too-long', reason, fix: 'Use a shorter base or path' }));
  }
  return found;
}

function checkRegistrars({ catalog, device }: GateInput): Finding[] {
  return device.lines.flatMap((line) => {
    if (!line.enabled || !line.account || registrarOf(catalog, device, line.account)) return [];
    return [
      warning({
        code: 'not-expressible',
        reason: `line ${line.index} has no registrar, so it cannot register`,
        fix: 'Choose a registrar for the account, or a default one for the site',
      }),
    ];
  });
}

function isShared(vendor: Vendor, file: CompiledFile): boolean {
  return (
    file.role !== 'main' &&
    !vendor.bootFiles.some((name) => name.includes('{mac}') && isOwnBoot(name, file.name))
  );
}

function isOwnBoot(pattern: string, name: string): boolean {
  const [before = '', after = ''] = pattern.split('{mac}');
  return (
    name.startsWith(before) &&
    name.endsWith(after) &&
    findMacInText(name.slice(before.length, name.length - after.length)) !== null
  );
}

function checkShared(file: CompiledFile): Finding[] {
  return file.lines.flatMap((line, index) => {
    const at = { file: file.name, line: index + 1 };
    const secret = line.spans.find((span) => span.secret);
    if (secret)
      return [
        finding({
          code: 'secret-in-common-file',
          reason: `${secret.origins[0]?.path ?? 'a secret'} stands in a file that other phones read too`,
          fix: "Move the line into the phone's own file",
          ...at,
        }),
      ];
    if (findMacInText(lineText(line)) === null) return [];
    const reason = 'a MAC address stands in a file that other phones read too';
    return [
      finding({ code: 'mac-in-common-file', reason, fix: "Move the line into the phone's own file", ...at }),
    ];
  });
}

/** Goes through the files as the phone will, from the URL that we hand out. */
function checkWalk({ device, vendor, files }: GateInput): Finding[] {
  const byName = new Map(files.map((file) => [file.name, file.text]));
  const main = files.find((file) => file.role === 'main')?.name ?? '';
  const walk = vendor.walk(device.mac, (name) => byName.get(name) ?? null);
  const holdsSecret = (name: string, line: number): boolean =>
    files.find((file) => file.name === name)?.lines[line - 1]?.spans.some((span) => span.secret) ?? false;
  const found = walk.missing.map((missing) =>
    finding({
      code: 'include-not-served',
      reason: `${holdsSecret(missing.file, missing.line) ? 'a file with a secret in its name' : missing.target} is included, and nothing serves it`,
      fix: 'Add a template of that name, or remove the include',
      file: missing.file,
      line: missing.line,
    }),
  );
  for (const { file, line, reason } of walk.malformed)
    found.push(
      finding({
        code: 'malformed-file',
        reason,
        fix: 'Correct the line in the boot template',
        file,
        ...(line === null ? {} : { line }),
      }),
    );
  if (walk.cycle)
    found.push(
      finding({
        code: 'include-cycle',
        reason: `the includes go round: ${walk.cycle.join(', ')}`,
        fix: 'Remove one of them',
      }),
    );
  if (!walk.applied.includes(main))
    found.push(
      finding({
        code: 'account-file-unreachable',
        reason: `a phone that starts here never asks for ${main}`,
        fix: `Include ${main} in the boot file`,
      }),
    );
  return found;
}

function finding(said: Refusal & { readonly file?: string; readonly line?: number }): Finding {
  return { severity: 'error', file: null, line: null, column: null, template: null, ...said };
}

function warning(said: Refusal): Finding {
  return { ...finding(said), severity: 'warning' };
}
