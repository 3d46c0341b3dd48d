/** What templates know: plain objects whose leaves are tracked values. Every slot of the model is there, used or not. */
import type { Account, Registrar } from './account.ts';
import { baseFor, type Catalog, defaultRegistrarId, type Place, variableLayers } from './catalog.ts';
import { type Device, hasNoAccounts, type Line, type LineKey } from './device.ts';
import { type LayerValues, resolveLayers } from './layers.ts';
import type { Model } from './model.ts';
import type { Layer } from './origin.ts';
import { type Scalar, type Tracked, track } from './tracked.ts';
import { VARIABLES } from './variable.ts';
import type { Vendor } from './vendor.ts';

export type Facts = Readonly<Record<string, unknown>>;

const DEVICE: Layer = { kind: 'device' };

/** Facts of common files: the site, the model where there is one, and every variable. No device, no lines. */
export function commonFacts(catalog: Catalog, place: Place): Facts {
  const site = catalog.sites.get(place.siteId);
  const layer: Layer = { kind: 'site', siteId: place.siteId, site: site?.name ?? '' };
  const model = place.model === null ? null : (catalog.models.get(place.model) ?? null);
  return {
    ...variableFacts(catalog, place),
    site: {
      name: track(site?.name, { path: 'site.name', layer }),
      slug: track(site?.slug, { path: 'site.slug', layer }),
    },
    ...(model ? { model: modelFacts(model) } : {}),
  };
}

/** Facts of a device's own files: those of common files, the device itself, and every slot of its model. */
export function deviceFacts(
  catalog: Catalog,
  device: Device,
  context: { readonly vendor: Vendor; readonly model: Model; readonly token: string },
): Facts {
  const { vendor, model, token } = context;
  const place = placeOf(device, vendor);
  const shared = commonFacts(catalog, place);
  const silent = hasNoAccounts(device.state);
  return {
    ...shared,
    provisioningUrl: provisioningUrl(catalog, device, {
      vendor,
      model,
      token,
      said: shared.provisioningUrl as Tracked,
    }),
    device: identityFacts(device, vendor, model),
    suspended: silent,
    lines: slots(model.lines, (index) =>
      lineFacts(catalog, device, silent ? null : findLine(device, index), index),
    ),
    keys: keyFacts(device, 0, model.keys, silent),
    modules: device.modules.map((module) => ({
      index: module.index,
      name: track(module.name, { path: `modules[${module.index}].name`, layer: DEVICE }),
      keys: keyFacts(device, module.index, model.moduleKeys, silent),
    })),
  };
}

export function placeOf(device: Device, vendor: Vendor): Place {
  return {
    siteId: device.siteId,
    vendor: vendor.slug,
    model: device.model,
    deviceVariables: device.variables,
    deviceParameters: device.parameters,
  };
}

/** `https://phones.example.net/d/<token>/`: where a device finds its files; null while no base is known. */
export function startUrl(
  catalog: Catalog,
  device: Device,
  context: { readonly vendor: Vendor; readonly model: Model; readonly token: string },
): string | null {
  const base = baseFor(catalog, device.siteId);
  return base === null
    ? null
    : `${base}/d/${context.token}/${context.vendor.start({ mac: device.mac, model: context.model })}`;
}

/** A URL that somebody set is taken as it is; ours holds the token and is a secret. */
function provisioningUrl(
  catalog: Catalog,
  device: Device,
  context: { readonly vendor: Vendor; readonly model: Model; readonly token: string; readonly said: Tracked },
): Tracked {
  if (context.said.value !== null) return context.said;
  return track(startUrl(catalog, device, context), { path: 'provisioningUrl', layer: DEVICE }, true);
}

function variableFacts(catalog: Catalog, place: Place): Facts {
  const resolved = resolveLayers(variableLayers(catalog, place));
  return Object.fromEntries(
    VARIABLES.map(({ name, secret }) => {
      const found = resolved.get(name);
      return [
        name,
        track(
          found?.value,
          { path: name, layer: found?.layer ?? { kind: 'shipped' } },
          secret || found?.secret,
        ),
      ];
    }),
  );
}

function modelFacts(model: Model): Facts {
  const layer: Layer = { kind: 'model', model: model.slug };
  return {
    name: track(model.name, { path: 'model.name', layer }),
    lines: track(model.lines, { path: 'model.lines', layer }),
    keys: track(model.keys, { path: 'model.keys', layer }),
  };
}

function identityFacts(device: Device, vendor: Vendor, model: Model): Facts {
  const said: Readonly<Record<string, Scalar>> = {
    mac: device.mac,
    serial: device.serial,
    label: device.label,
    person: device.person,
    location: device.location,
    externalId: device.externalId,
    vendor: vendor.slug,
    model: model.name,
  };
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      name,
      track(value, { path: `device.${name}`, layer: DEVICE }),
    ]),
  );
}

function findLine(device: Device, index: number): Line | null {
  return device.lines.find((line) => line.index === index) ?? null;
}

function lineFacts(catalog: Catalog, device: Device, line: Line | null, index: number): Facts {
  const path = `lines[${index}]`;
  const account = line?.account ?? null;
  const own = (name: string, value: Scalar): Tracked =>
    track(value, { path: `${path}.${name}`, layer: DEVICE });
  return {
    index,
    enabled: own('enabled', line?.enabled === true && account !== null),
    label: own('label', line?.label ?? account?.userName ?? null),
    account: accountFacts(account, `${path}.account`),
    registrar: registrarFacts(account ? registrarOf(catalog, device, account) : null, `${path}.registrar`),
  };
}

function accountFacts(account: Account | null, path: string): Facts {
  const own = (name: string, value: Scalar | undefined, secret = false): Tracked =>
    track(value, { path: `${path}.${name}`, layer: DEVICE }, secret);
  return {
    userName: own('userName', account?.userName),
    authName: own('authName', account?.authName ?? account?.userName),
    password: own('password', account?.password, true),
    displayName: own('displayName', account?.displayName),
    voicemail: own('voicemail', account?.voicemail),
  };
}

/** A registrar that the account names itself counts as the device's; an inherited one as its site's. */
export function registrarOf(
  catalog: Catalog,
  device: Device,
  account: Account,
): { readonly registrar: Registrar; readonly layer: Layer } | null {
  const named = account.registrarId === null ? null : catalog.registrars.get(account.registrarId);
  if (named) return { registrar: named, layer: DEVICE };
  const inherited = defaultRegistrarId(catalog, device.siteId);
  const registrar = inherited ? catalog.registrars.get(inherited.id) : undefined;
  if (!inherited || !registrar) return null;
  return { registrar, layer: { kind: 'site', siteId: inherited.site.id, site: inherited.site.name } };
}

function registrarFacts(
  found: { readonly registrar: Registrar; readonly layer: Layer } | null,
  path: string,
): Facts {
  const registrar = found?.registrar;
  const own = (name: string, value: Scalar | undefined): Tracked =>
    track(value, { path: `${path}.${name}`, layer: found?.layer ?? DEVICE });
  return {
    host: own('host', registrar?.host),
    port: own('port', registrar?.port),
    transport: own('transport', registrar?.transport),
    secondHost: own('secondHost', registrar?.secondHost),
    secondPort: own('secondPort', registrar?.secondPort),
    outboundProxy: own('outboundProxy', registrar?.outboundProxy),
    outboundPort: own('outboundPort', registrar?.outboundPort),
    expiresSec: own('expiresSec', registrar?.expiresSec),
    srtp: own('srtp', registrar?.srtp),
  };
}

function keyFacts(device: Device, module: number, count: number, silent: boolean): Facts[] {
  const used = new Map(device.keys.filter((key) => key.module === module).map((key) => [key.index, key]));
  return slots(count, (index) => keySlot(silent ? undefined : used.get(index), module, index));
}

function keySlot(key: LineKey | undefined, module: number, index: number): Facts {
  const path = module === 0 ? `keys[${index}]` : `modules[${module}].keys[${index}]`;
  const own = (name: string, value: Scalar | undefined): Tracked =>
    track(value, { path: `${path}.${name}`, layer: DEVICE });
  return {
    index,
    module,
    type: own('type', key?.type ?? 'none'),
    line: own('line', key?.line),
    value: own('value', key?.value),
    label: own('label', key?.label),
    pickupValue: own('pickupValue', key?.pickupValue),
  };
}

function slots<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, position) => make(position + 1));
}

/** Variables that somebody set on this very device: without any, common text is the same as its site's. */
export function hasValues(values: LayerValues): boolean {
  return Object.keys(values).length > 0;
}
