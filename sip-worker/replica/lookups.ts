import type { Mac } from '#lib/domain/mac.ts';
import type { ServedDevice, ServedEntity, ServedModel, ServedRule, ServedSite } from '#lib/domain/served.ts';

/**
 * What is held in memory: small things whole, and of devices only the ways to find them. Rebuilt from the rows at
 * start, changed after every commit.
 */
export class Lookups {
  readonly #sites = new Map<string, ServedSite>();
  readonly #siteByCode = new Map<string, string>();
  readonly #rules = new Map<string, ServedRule>();
  readonly #models = new Map<string, ServedModel>();
  readonly #deviceByMac = new Map<string, string>();
  /** Apart, because a MAC is unique only among devices that are not retired. */
  readonly #retiredByMac = new Map<string, string>();
  readonly #deviceByToken = new Map<string, string>();
  /** Lists are asked for with every SUBSCRIBE and change seldom. */
  #orderedRules: readonly ServedRule[] | null = null;
  #siteList: readonly ServedSite[] | null = null;
  #modelList: readonly ServedModel[] | null = null;
  #devices = 0;

  get devices(): number {
    return this.#devices;
  }

  get isEmpty(): boolean {
    return this.#devices + this.#sites.size + this.#rules.size + this.#models.size === 0;
  }

  /** Replaces what was known under the same kind and key; null on either side: nothing there. */
  replace(before: ServedEntity | null, after: ServedEntity | null): void {
    const kind = (before ?? after)?.kind;
    if (kind === 'rule') this.#orderedRules = null;
    if (kind === 'site') this.#siteList = null;
    if (kind === 'model') this.#modelList = null;
    if (before) this.#remove(before);
    if (after) this.#add(after);
  }

  deviceIdByMac(mac: Mac): string | null {
    return this.#deviceByMac.get(mac) ?? this.#retiredByMac.get(mac) ?? null;
  }

  deviceIdByToken(lookup: string): string | null {
    return this.#deviceByToken.get(lookup) ?? null;
  }

  site(id: string): ServedSite | null {
    return this.#sites.get(id) ?? null;
  }

  siteByCode(code: string): ServedSite | null {
    return this.site(this.#siteByCode.get(code) ?? '');
  }

  sites(): readonly ServedSite[] {
    this.#siteList ??= [...this.#sites.values()];
    return this.#siteList;
  }

  models(): readonly ServedModel[] {
    this.#modelList ??= [...this.#models.values()];
    return this.#modelList;
  }

  /** Enabled ones, in their order. */
  rules(): readonly ServedRule[] {
    this.#orderedRules ??= [...this.#rules.values()]
      .filter((rule) => rule.enabled)
      .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    return this.#orderedRules;
  }

  #add(entity: ServedEntity): void {
    if (entity.kind === 'device') this.#addDevice(entity.value);
    if (entity.kind === 'model') this.#models.set(entity.key, entity.value);
    if (entity.kind === 'rule') this.#rules.set(entity.key, entity.value);
    if (entity.kind === 'site') {
      this.#sites.set(entity.key, entity.value);
      this.#siteByCode.set(entity.value.bootstrapCode, entity.key);
    }
  }

  #remove(entity: ServedEntity): void {
    if (entity.kind === 'device') this.#removeDevice(entity.value);
    if (entity.kind === 'model') this.#models.delete(entity.key);
    if (entity.kind === 'rule') this.#rules.delete(entity.key);
    if (entity.kind === 'site') {
      this.#sites.delete(entity.key);
      deleteIf(this.#siteByCode, entity.value.bootstrapCode, entity.key);
    }
  }

  #addDevice(device: ServedDevice): void {
    this.#devices += 1;
    if (device.state !== 'retired') this.#deviceByMac.set(device.mac, device.id);
    else if (device.files.length > 0) this.#retiredByMac.set(device.mac, device.id);
    for (const lookup of device.tokenLookups) this.#deviceByToken.set(lookup, device.id);
  }

  #removeDevice(device: ServedDevice): void {
    this.#devices -= 1;
    deleteIf(this.#deviceByMac, device.mac, device.id);
    deleteIf(this.#retiredByMac, device.mac, device.id);
    for (const lookup of device.tokenLookups) deleteIf(this.#deviceByToken, lookup, device.id);
  }
}

/** Another device may have taken the key over in the same batch. */
function deleteIf(map: Map<string, string>, key: string, value: string): void {
  if (map.get(key) === value) map.delete(key);
}
