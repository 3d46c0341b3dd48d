/**
 * From desire to files: pure, synchronous, deterministic. Preview, impact, publish and tests all call these two
 * functions; nothing else makes the bytes that a phone gets.
 */
import { type Catalog, type Place, parameterLayers } from './catalog.ts';
import { type Device, hasNoAccounts } from './device.ts';
import { commonFacts, deviceFacts, type Facts, hasValues, placeOf } from './facts.ts';
import { describeFinding, type Finding } from './finding.ts';
import type { Entry } from './formats/codec.ts';
import { gateDevice, gateEntry, gateParameter, gateSite } from './gate.ts';
import { type LayerInput, resolveLayers } from './layers.ts';
import { type CompiledLine, lineText, literal } from './origin.ts';
import { findingAt, readEntries, renderFor } from './rendering.ts';
import type { Site } from './site.ts';
import { isDeviceTemplate, type Template } from './template.ts';
import { stackTemplates, templateNames } from './template-stack.ts';
import { textOf } from './tracked.ts';
import type { Vendor } from './vendor.ts';
import { findVendor, vendorOfModel } from './vendors/registry.ts';

export interface CompiledFile {
  readonly name: string;
  /** `main` is the account file. */
  readonly role: 'main' | 'boot' | 'common';
  readonly contentType: string;
  readonly lineEnd: '\n' | '\r\n';
  readonly lines: readonly CompiledLine[];
  readonly text: string;
}

export interface Compilation {
  readonly files: readonly CompiledFile[];
  /** An error among them: these files must not be published. */
  readonly findings: readonly Finding[];
}

interface Draft {
  readonly files: CompiledFile[];
  readonly findings: Finding[];
}

/**
 * All files of a device: `{mac}.cfg`, complete in itself; `{mac}.boot`; its own copies of the common files.
 * @param context the device's clear URL token, which becomes part of our own URLs in its files
 */
export function compileDevice(
  catalog: Catalog,
  device: Device,
  context: { readonly token: string },
): Compilation {
  const vendor = vendorOfModel(device.model);
  const model = catalog.models.get(device.model ?? '');
  if (!vendor || !model) return { files: [], findings: [unknownModel(device)] };
  const draft: Draft = { files: [], findings: [] };
  const facts = deviceFacts(catalog, device, { vendor, model, token: context.token });
  const place = placeOf(device, vendor);
  const shared = { ...place, deviceVariables: null, deviceParameters: null };
  const common = compileCommonFiles(draft, catalog, shared, vendor);
  compileMain(draft, common, { catalog, device, place, vendor, facts });
  compileBoot(draft, { catalog, device, place, vendor, facts });
  draft.findings.push(...gateDevice({ catalog, device, vendor, model, files: draft.files, facts }));
  return { files: draft.files, findings: settle(draft.findings, device) };
}

/** Common files of a site for plain paths, without a model layer and without anything of a device. */
export function compileSite(catalog: Catalog, site: Site, vendorSlug: string): Compilation {
  const vendor = findVendor(vendorSlug);
  const draft: Draft = { files: [], findings: [] };
  if (!vendor) return { files: [], findings: [] };
  const place: Place = {
    siteId: site.id,
    vendor: vendor.slug,
    model: null,
    deviceVariables: null,
    deviceParameters: null,
  };
  compileCommonFiles(draft, catalog, place, vendor);
  draft.findings.push(...gateSite(vendor, draft.files));
  return { files: draft.files, findings: unique(draft.findings) };
}

type Entries = ReadonlyMap<string, Entry>;

/** Returns the entries of each common cfg file by its name. */
function compileCommonFiles(
  draft: Draft,
  catalog: Catalog,
  place: Place,
  vendor: Vendor,
): ReadonlyMap<string, Entries> {
  const facts = commonFacts(catalog, place);
  const common = new Map<string, Entries>();
  for (const name of commonNames(catalog, place, 'cfg')) {
    const entries = mergeStack(draft, vendor, stackTemplates(catalog, place, name), facts);
    common.set(name, entries);
    addFile(draft, vendor, { name, role: 'common', lines: vendor.codec.serialise([...entries.values()]) });
  }
  for (const name of commonNames(catalog, place, 'boot')) {
    const template = stackTemplates(catalog, place, name).at(-1);
    if (template)
      addFile(draft, vendor, { name, role: 'boot', lines: renderBoot(draft, vendor, template, facts) });
  }
  return common;
}

interface DeviceWork {
  readonly catalog: Catalog;
  readonly device: Device;
  readonly place: Place;
  readonly vendor: Vendor;
  readonly facts: Facts;
}

/** The common entries, then its own templates, then parameters. */
function compileMain(
  draft: Draft,
  common: ReadonlyMap<string, Entries>,
  { catalog, device, place, vendor, facts }: DeviceWork,
): void {
  const silent = hasNoAccounts(device.state);
  const merged = new Map<string, Entry>();
  // Only variables of its own make a device's common entries differ from those that its model shares.
  const own = hasValues(device.variables) ? commonFacts(catalog, place) : null;
  for (const [name, entries] of common)
    mergeInto(merged, own ? mergeStack(draft, vendor, stackTemplates(catalog, place, name), own) : entries);
  const stack = stackTemplates(catalog, place, vendor.mainFile);
  const shipped = stack.filter((template) => template.shipped);
  mergeInto(merged, mergeStack(draft, vendor, silent && shipped.length > 0 ? shipped : stack, facts));
  if (!silent) mergeInto(merged, parameterEntries(draft, vendor, parameterLayers(catalog, place)));
  const lines = vendor.codec.serialise(hideSecrets(vendor, [...merged.values()]));
  addFile(draft, vendor, { name: nameFor(vendor.mainFile, device), role: 'main', lines });
}

/** The most specific boot template that matches, with an include of the account file as last line where it lacks one. */
function compileBoot(draft: Draft, { catalog, device, place, vendor, facts }: DeviceWork): void {
  const own = vendor.bootFiles.find(isNameOfDevice);
  if (!vendor.boot || own === undefined) return;
  const template = vendor.bootFiles
    .map((name) => stackTemplates(catalog, place, name).at(-1))
    .find((each) => each);
  const main = nameFor(vendor.mainFile, device);
  const lines = template ? [...renderBoot(draft, vendor, template, facts)] : [headerLine(vendor.boot.header)];
  const include = vendor.boot.include(main);
  if (!lines.some((line) => includesFile(lineText(line), main)))
    lines.push({
      spans: [literal(include)],
      source: { kind: 'generated', why: 'the account file must be included' },
    });
  addFile(draft, vendor, { name: nameFor(own, device), role: 'boot', lines });
}

function renderBoot(draft: Draft, vendor: Vendor, template: Template, facts: Facts): CompiledLine[] {
  const rendering = renderFor(vendor, template, facts);
  draft.findings.push(...rendering.findings);
  const lines = rendering.lines.filter((line) => lineText(line).trim() !== '');
  const header = vendor.boot?.header ?? null;
  if (header === null || lines.some((line) => lineText(line) === header)) return lines;
  return [headerLine(header), ...lines];
}

function mergeStack(
  draft: Draft,
  vendor: Vendor,
  stack: readonly Template[],
  facts: Facts,
): Map<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const template of stack) {
    const rendering = renderFor(vendor, template, facts);
    const read = readEntries(vendor.codec, template, rendering.lines);
    draft.findings.push(...rendering.findings, ...read.findings, ...gateAll(vendor, template, read.entries));
    mergeInto(merged, new Map(read.entries.map((entry) => [entry.key, entry])));
  }
  return merged;
}

/** Later entries win; the place in the file is that of the first appearance. */
function mergeInto(merged: Map<string, Entry>, later: ReadonlyMap<string, Entry>): void {
  for (const [key, entry] of later) merged.set(key, entry);
}

function gateAll(vendor: Vendor, template: Template, entries: readonly Entry[]): Finding[] {
  return entries.flatMap((entry) => {
    const problem = gateEntry(vendor, entry);
    return problem ? [findingAt(template, entry.lines[0], problem)] : [];
  });
}

function parameterEntries(draft: Draft, vendor: Vendor, layers: readonly LayerInput[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [key, resolved] of resolveLayers(layers)) {
    const secret = resolved.secret || vendor.isSecretKey(key);
    const origins = [{ path: `parameters.${key}`, layer: resolved.layer }];
    const entry = vendor.codec.parameter(
      key,
      { text: textOf(resolved.value), origins, secret },
      resolved.layer,
    );
    const problem = gateParameter(vendor, key, entry);
    if (problem) draft.findings.push(problem);
    entries.set(key, entry);
  }
  return entries;
}

/** Whatever layer it comes from, the value of a parameter that the vendor lists as secret is one. */
function hideSecrets(vendor: Vendor, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => {
    if (!vendor.isSecretKey(entry.key)) return entry;
    const value = new Set(entry.value);
    const hide = (line: CompiledLine): CompiledLine => ({
      ...line,
      spans: line.spans.map((span) => (value.has(span) ? { ...span, secret: true } : span)),
    });
    return { ...entry, lines: entry.lines.map(hide) };
  });
}

function addFile(
  draft: Draft,
  vendor: Vendor,
  file: {
    readonly name: string;
    readonly role: CompiledFile['role'];
    readonly lines: readonly CompiledLine[];
  },
): void {
  const { contentType, lineEnd } = vendor.codec;
  const text = file.lines.map((line) => lineText(line) + lineEnd).join('');
  draft.files.push({ ...file, contentType, lineEnd, text });
}

function commonNames(catalog: Catalog, place: Place, kind: Template['kind']): readonly string[] {
  return templateNames(catalog, place, kind).filter((name) => !isNameOfDevice(name));
}

function isNameOfDevice(name: string): boolean {
  return isDeviceTemplate({ name });
}

function nameFor(name: string, device: Device): string {
  return name.replaceAll('{mac}', device.mac);
}

/** Either way of quoting counts: `include:config "x.cfg"` and `include:config <x.cfg>`. */
function includesFile(text: string, name: string): boolean {
  return (
    text.trim().startsWith('include:') && new RegExp(`["<]${name.replaceAll('.', '\\.')}[">]`).test(text)
  );
}

function headerLine(header: string): CompiledLine {
  return { spans: [literal(header)], source: { kind: 'generated', why: 'file header' } };
}

function unknownModel(device: Device): Finding {
  const reason =
    device.model === null ? 'the phone has no model' : `nothing is known of the model ${device.model}`;
  return {
    ...{ severity: 'error', code: 'unknown-model', file: null, line: null, column: null, template: null },
    reason,
    fix: 'Choose a model from the library',
  };
}

/** Suspend and retire never wait for a gate: a phone must always be able to lose its accounts. */
function settle(findings: readonly Finding[], device: Device): Finding[] {
  const settled = hasNoAccounts(device.state)
    ? findings.map((finding) => ({ ...finding, severity: 'warning' as const }))
    : findings;
  return unique(settled);
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${describeFinding(finding)}`, finding]));
  return [...seen.values()];
}
