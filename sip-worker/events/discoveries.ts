/**
 * Phones that a rule wants in the inventory go to Postgres at once, past the spool: somebody may be waiting at the
 * list of new phones. They are not kept over a restart, because such a phone asks again.
 */
import { randomUUID } from 'node:crypto';
import type { PhoneEvent } from '#lib/domain/event.ts';
import type { PublishContext } from '#lib/store/context.ts';
import { addPhone, discoverPhone } from '#lib/store/device-discovery.ts';
import { readEpoch } from '#lib/store/feed.ts';
import { noteSighting } from '#lib/store/sightings.ts';
import type { UnknownPhone } from '../pnp/rule-policy.ts';
import { backoffMs } from '../replica/backoff.ts';
import { Sleeper } from '../replica/sleeper.ts';
import { Coalescer } from './coalescer.ts';

export interface DiscoveriesOptions {
  readonly publish: PublishContext;
  readonly worker: string;
  readonly add: (event: PhoneEvent) => void;
  readonly log: { warn(fields: object, message: string): void };
}

const MOST_WAITING = 10_000;
const MOST_REFUSALS = 3;
/** A phone repeats its SUBSCRIBE for seconds; once in a while is enough to keep what is known of it fresh. */
const SAME_PHONE_WINDOW_MS = 20_000;

export class Discoveries {
  readonly #options: DiscoveriesOptions;
  /** The newest word of each phone, by its MAC, else by its address. */
  readonly #waiting = new Map<string, UnknownPhone>();
  readonly #recent = new Coalescer({ windowMs: SAME_PHONE_WINDOW_MS, now: () => performance.now() });
  readonly #refusals = new WeakMap<UnknownPhone, number>();
  readonly #sleeper = new Sleeper();
  /** Apart, because another phone is no reason to ask a database again that is away. */
  readonly #backoff = new Sleeper();
  readonly #running: Promise<void>;
  #isStopping = false;

  constructor(options: DiscoveriesOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  add(phone: UnknownPhone): void {
    const { action, rule, model, siteId, request } = phone;
    const name = nameOf(phone);
    const key = [name, action, rule.id, rule.version, model, siteId, request.source.address].join(' ');
    if (this.#recent.pass(key) === null) return;
    if (this.#waiting.size >= MOST_WAITING && !this.#waiting.has(name)) return;
    this.#waiting.set(name, phone);
    this.#sleeper.wake();
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    this.#sleeper.wake();
    this.#backoff.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping) {
      const [next] = this.#waiting.values();
      if (!next) {
        await this.#sleeper.sleep(60_000);
        continue;
      }
      try {
        await this.#send(next);
        failures = 0;
        if (this.#waiting.get(nameOf(next)) === next) this.#waiting.delete(nameOf(next));
      } catch (error) {
        if (await this.#isRefused(next, error)) continue;
        failures += 1;
        if (failures === 1)
          this.#options.log.warn({ err: error, phone: nameOf(next) }, 'a new phone waits for the database');
        this.#moveBack(next);
        await this.#backoff.sleep(backoffMs(failures, Math.random()));
      }
    }
  }

  /** One that Postgres does not take again and again, while it is well, must not hold up the others for ever. */
  async #isRefused(phone: UnknownPhone, error: unknown): Promise<boolean> {
    const { publish, log } = this.#options;
    const isWell = await readEpoch(publish.db).then(
      () => true,
      () => false,
    );
    const refusals = (this.#refusals.get(phone) ?? 0) + (isWell ? 1 : 0);
    this.#refusals.set(phone, refusals);
    if (refusals < MOST_REFUSALS) return false;
    log.warn({ err: error, phone: nameOf(phone) }, 'a new phone was refused by the database and let go');
    if (this.#waiting.get(nameOf(phone)) === phone) this.#waiting.delete(nameOf(phone));
    return true;
  }

  #moveBack(phone: UnknownPhone): void {
    const name = nameOf(phone);
    if (this.#waiting.get(name) !== phone) return;
    this.#waiting.delete(name);
    this.#waiting.set(name, phone);
  }

  async #send(phone: UnknownPhone): Promise<void> {
    const { publish, worker } = this.#options;
    const { siteId, mac } = phone;
    if (mac === null) {
      await noteSighting(publish.db, sightingOf(phone, worker));
      return;
    }
    const facts = { ...factsOf(phone, worker), mac };
    const isAdding = phone.action === 'add' && siteId !== null;
    const { id, created } = isAdding
      ? await addPhone(publish, { ...facts, siteId })
      : await discoverPhone(publish.db, { ...facts, vault: publish.vault });
    if (created) this.#options.add(this.#eventOf(phone, { id, verb: isAdding ? 'added' : 'listed' }));
  }

  #eventOf(phone: UnknownPhone, { id, verb }: { readonly id: string; readonly verb: string }): PhoneEvent {
    const { identity, source } = phone.request;
    const name = [identity.vendor, identity.model, identity.firmware]
      .filter((part) => part !== null)
      .join(' ');
    return {
      id: randomUUID(),
      at: new Date().toISOString(),
      kind: 'discovered',
      deviceId: id,
      mac: phone.mac,
      siteId: phone.siteId,
      rootId: null,
      worker: this.#options.worker,
      address: source.address,
      summary: `New phone${name === '' ? '' : ` ${name}`} at ${source.address}, ${verb} by rule ${phone.rule.name}`,
      data: { rule: phone.rule.name, firmware: identity.firmware, model: phone.model, action: phone.action },
    };
  }
}

function nameOf(phone: UnknownPhone): string {
  return phone.mac ?? phone.request.source.address;
}

function sightingOf(phone: UnknownPhone, worker: string): Parameters<typeof noteSighting>[1] {
  const { identity, userAgent, source } = phone.request;
  const { vendor, model, firmware, recognisedBy } = identity;
  const said = { vendor, model, firmware, recognisedBy, userAgent };
  return { ...said, address: source.address, siteId: phone.siteId, rule: phone.rule.name, worker };
}

type DiscoveryFacts = Omit<Parameters<typeof discoverPhone>[1], 'vault' | 'mac'>;

function factsOf(phone: UnknownPhone, worker: string): DiscoveryFacts {
  const { identity, userAgent, source } = phone.request;
  return {
    vendor: phone.model?.split('/')[0] ?? identity.vendor,
    model: phone.model,
    modelText: identity.model,
    recognisedBy: identity.recognisedBy,
    firmware: identity.firmware,
    userAgent,
    address: source.address,
    siteId: phone.siteId,
    rule: phone.rule.name,
    worker,
  };
}
