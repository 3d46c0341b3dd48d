import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedEntity } from '#lib/domain/served.ts';
import { createVault } from '#lib/system/vault.ts';
import {
  asArtifact,
  asDevice,
  asRule,
  asSite,
  TEST_RULE,
  TEST_SITE,
  TEST_VAULT,
  testDevice,
  testFile,
  testMac,
  testToken,
} from '../../tests/support/served-entities.ts';
import { createLiveView, type LiveView } from './live-view.ts';
import type { ReplicaState } from './state.ts';
import { Replica } from './store.ts';

const STATE: ReplicaState = {
  epoch: 'e1',
  cursor: '1.1',
  appliedAbove: [7n],
  scope: 'all',
  snapshotAt: '2026-01-01T00:00:00Z',
};
const ALL = [asSite(TEST_SITE), asRule(TEST_RULE), asDevice(testDevice(1)), asDevice(testDevice(2))];

let dataDir: string;
let warnings: string[];
let replica: Replica;
const log = { warn: (_: object, message: string) => void warnings.push(message) };

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'provost-replica-'));
  warnings = [];
  replica = open();
});
afterEach(() => {
  replica.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function open(vault = TEST_VAULT): Replica {
  return new Replica({ dataDir, vault, log });
}

function reopen(vault = TEST_VAULT): Replica {
  replica.close();
  replica = open(vault);
  return replica;
}

function snapshot(entities: readonly ServedEntity[], state = STATE): void {
  const draft = replica.startSnapshot();
  draft.add(entities);
  replica.replaceBy(draft, state);
}

function apply(upserts: readonly ServedEntity[], removals: { kind: 'device'; key: string }[] = []): void {
  replica.apply({ upserts, removals, state: { ...STATE, cursor: `${Math.random()}` } });
}

function view(): LiveView {
  const follows = () => ({ isLive: true, reason: null, followedAt: null });
  return createLiveView({ replica, vault: TEST_VAULT, follows });
}

/** Changes the closed file behind the replica's back. */
function tamper(sql: string): void {
  replica.close();
  const database = new DatabaseSync(path.join(dataDir, 'replica.db'));
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
  replica = open();
}

describe('a replica', () => {
  it('is empty before the first snapshot, and still after a restart', () => {
    expect(replica.state).toBeNull();
    expect(reopen().state).toBeNull();
    expect(view().status().mode).toBe('empty');
  });

  it('holds a snapshot across restarts', () => {
    snapshot(ALL);
    expect(reopen().state).toEqual(STATE);
    expect(view().findDeviceByMac(testMac(1))).toEqual(testDevice(1, { sealedToken: expect.any(String) }));
    expect(view().listRules()).toEqual([TEST_RULE]);
    expect(view().findSiteByCode('abcdefgh')).toEqual(TEST_SITE);
    expect(view().status()).toMatchObject({ mode: 'live', devices: 2, epoch: 'e1', cursor: '1.1' });
  });

  it('replaces everything by the next snapshot', () => {
    snapshot(ALL);
    snapshot([asSite(TEST_SITE), asDevice(testDevice(3))], { ...STATE, epoch: 'e2' });
    for (const when of ['at once', 'after a restart']) {
      expect(view().findDeviceByMac(testMac(1)), when).toBeNull();
      expect(view().findDeviceByMac(testMac(3))?.id, when).toBe('device-3');
      expect(replica.state?.epoch, when).toBe('e2');
      reopen();
    }
  });

  it('serves the old set while a snapshot arrives, and keeps it when that one is given up', () => {
    snapshot(ALL);
    const draft = replica.startSnapshot();
    draft.add([asDevice(testDevice(9))]);
    expect(view().findDeviceByMac(testMac(9))).toBeNull();
    draft.discard();
    expect(reopen().lookups.devices).toBe(2);
  });
});

describe('a change', () => {
  beforeEach(() => snapshot(ALL));

  it('is seen at once and after a restart', () => {
    apply([asDevice(testDevice(1, { revision: 2, mac: testMac(8) })), asDevice(testDevice(4))]);
    for (const when of ['at once', 'after a restart']) {
      expect(view().findDevice('device-1')?.revision, when).toBe(2);
      expect(view().findDeviceByMac(testMac(8))?.id, when).toBe('device-1');
      expect(view().findDeviceByMac(testMac(1)), when).toBeNull();
      expect(view().findDeviceByMac(testMac(4))?.id, when).toBe('device-4');
      reopen();
    }
  });

  it('can remove what it names, and what is not there', () => {
    apply(
      [],
      [
        { kind: 'device', key: 'device-1' },
        { kind: 'device', key: 'nobody' },
      ],
    );
    expect(view().findDeviceByMac(testMac(1))).toBeNull();
    expect(reopen().lookups.devices).toBe(1);
  });

  it('applied twice is the same as once', () => {
    const change = [asDevice(testDevice(1, { revision: 2 })), asArtifact('x')];
    apply(change);
    apply(change);
    expect(reopen().lookups.devices).toBe(2);
    expect(replica.damage).toBeNull();
  });

  it('moves a MAC from a retired phone to its successor, whichever comes first', () => {
    const retired = testDevice(1, { state: 'retired', files: [testFile('a', 'a')] });
    const successor = testDevice(5, { mac: testMac(1) });
    apply([asArtifact('a'), asDevice(successor), asDevice(retired)]);
    expect(view().findDeviceByMac(testMac(1))?.id).toBe('device-5');
    apply([], [{ kind: 'device', key: 'device-5' }]);
    expect(view().findDeviceByMac(testMac(1))?.id).toBe('device-1');
    apply([asDevice({ ...retired, files: [] })]);
    expect(view().findDeviceByMac(testMac(1))).toBeNull();
  });

  it('lets an old token open the folder until it is dropped', () => {
    const lookups = [2, 1].map((generation) => TEST_VAULT.lookup('device-token', testToken(1, generation)));
    apply([asDevice(testDevice(1, { tokenLookups: lookups }))]);
    expect(view().findDeviceByToken(testToken(1, 2))).toMatchObject({
      device: { id: 'device-1' },
      current: true,
    });
    expect(view().findDeviceByToken(testToken(1, 1))).toMatchObject({ current: false });
    apply([asDevice(testDevice(1, { tokenLookups: lookups.slice(0, 1) }))]);
    expect(view().findDeviceByToken(testToken(1, 1))).toBeNull();
  });

  it('opens a device token for its own device only', () => {
    expect(view().openToken(testDevice(1))).toBe(testToken(1));
    expect(view().openToken({ ...testDevice(1), id: 'device-2' })).toBeNull();
  });
});

describe('files', () => {
  const file = testFile('0021f2000001.cfg', 'account.1.enable=1\n');
  const device = testDevice(1, { files: [file] });

  beforeEach(() => snapshot([...ALL.slice(0, 2), asArtifact('account.1.enable=1\n'), asDevice(device)]));

  it('are opened and checked', () => {
    expect(view().readFile(file)?.toString()).toBe('account.1.enable=1\n');
  });

  it('go when the last device that names them goes, and not before', () => {
    apply([asDevice(testDevice(2, { files: [file] }))]);
    apply([], [{ kind: 'device', key: 'device-1' }]);
    expect(replica.hasArtifact(file.address)).toBe(true);
    apply([], [{ kind: 'device', key: 'device-2' }]);
    expect(replica.hasArtifact(file.address)).toBe(false);
  });

  it('are known to be missing when a document comes before its content', () => {
    const later = testFile('b', 'later');
    apply([asDevice({ ...device, files: [later] })]);
    expect(replica.hasArtifact(later.address)).toBe(false);
    apply([asArtifact('later')]);
    expect(view().readFile(later)?.toString()).toBe('later');
  });

  it('are not served when their bytes changed, and the damage is told', () => {
    tamper("UPDATE artifacts SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB)");
    expect(view().readFile(file)).toBeNull();
    expect(view().status()).toMatchObject({ mode: 'degraded', reason: expect.stringContaining('damaged') });
  });
});

describe('damage', () => {
  beforeEach(() => snapshot(ALL));

  it.each([
    [
      'a changed rule',
      `UPDATE entries SET body = replace(body, '"order":1', '"order":2') WHERE kind = 'rule'`,
    ],
    ['a lost row', "DELETE FROM entries WHERE key = 'device-1'"],
    ['a changed state', `UPDATE entries SET body = replace(body, '1.1', '9.9') WHERE kind = 'state'`],
    ['a lost state', "DELETE FROM entries WHERE kind = 'state'"],
    ['a changed check', "UPDATE entries SET seal = x'00' WHERE key = 'device-1'"],
  ])('%s sets the file aside', (_, sql) => {
    tamper(sql);
    expect(replica.state).toBeNull();
    expect(existsSync(path.join(dataDir, 'replica.db.damaged'))).toBe(true);
    expect(warnings).toEqual(['the replica is damaged and set aside']);
  });

  it('a row that came back sets the file aside', () => {
    replica.close();
    const database = new DatabaseSync(path.join(dataDir, 'replica.db'));
    const old = database.prepare("SELECT * FROM entries WHERE key = 'device-1'").get();
    database.close();
    replica = open();
    apply([], [{ kind: 'device', key: 'device-1' }]);
    replica.close();
    const again = new DatabaseSync(path.join(dataDir, 'replica.db'));
    again
      .prepare('INSERT INTO entries VALUES (?, ?, ?, ?)')
      .run(...['kind', 'key', 'body', 'seal'].map((column) => old?.[column] ?? null));
    again.close();
    replica = open();
    expect(replica.state).toBeNull();
  });

  it('a changed device is left out, the others are served, and the next snapshot mends it', () => {
    tamper(`UPDATE entries SET body = replace(body, '"active"', '"actjve"') WHERE key = 'device-1'`);
    expect(view().findDeviceByMac(testMac(1))).toBeNull();
    expect(view().findDeviceByMac(testMac(2))?.id).toBe('device-2');
    expect(view().status()).toMatchObject({ mode: 'degraded', reason: expect.stringContaining('device-1') });
    snapshot(ALL);
    expect(view().findDeviceByMac(testMac(1))?.id).toBe('device-1');
    expect(view().status()).toMatchObject({ mode: 'live', reason: null });
  });

  it("another installation's replica is set aside", () => {
    reopen(createVault(Buffer.alloc(32, 8)));
    expect(replica.state).toBeNull();
    expect(warnings).toEqual(['the replica is damaged and set aside']);
  });
});
