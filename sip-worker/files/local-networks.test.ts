import type { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createLocalNetworks, type NetworkSource, parseGateways, parseGatewaysV6 } from './local-networks.ts';
import { createNeighbourTable, parseNeighbours } from './neighbours.ts';

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0132A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0032A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
`;
const ROUTES_V6 = `00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000002 00000000 00450003     eth0
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

function machine(address = '192.168.50.10'): NetworkSource {
  return {
    listInterfaces: () =>
      ({
        eth0: [
          { address, cidr: `${address}/24`, family: 'IPv4' },
          { address: 'fe80::10', cidr: 'fe80::10/64', family: 'IPv6' },
        ],
        docker0: [{ address: '172.17.0.1', cidr: '172.17.0.1/16', family: 'IPv4' }],
      }) as unknown as ReturnType<typeof networkInterfaces>,
    isBridge: (name) => name === 'docker0',
    readRoutes: () => ROUTES,
    readRoutesV6: () => ROUTES_V6,
  };
}

describe('local networks', () => {
  test('each address comes with its network, whether it is a bridge, and the default gateway there', () => {
    expect(createLocalNetworks({ source: machine() })()).toEqual([
      {
        name: 'eth0',
        address: '192.168.50.10',
        cidr: '192.168.50.10/24',
        isBridge: false,
        gateway: '192.168.50.1',
      },
      {
        name: 'eth0',
        address: 'fe80::10',
        cidr: 'fe80::10/64',
        isBridge: false,
        gateway: 'fe80:0000:0000:0000:0000:0000:0000:0001',
      },
      { name: 'docker0', address: '172.17.0.1', cidr: '172.17.0.1/16', isBridge: true, gateway: null },
    ]);
  });

  test('the list is read again after five seconds, and stays the same object while nothing changes', () => {
    const clock = { now: 0 };
    let source = machine();
    const list = createLocalNetworks({
      source: { ...source, listInterfaces: () => source.listInterfaces() },
      now: () => clock.now,
    });
    const first = list();
    clock.now = 5_000;
    expect(list()).toBe(first);
    source = machine('192.168.50.99');
    expect(list()).toBe(first);
    clock.now = 10_000;
    expect(list()[0]?.address).toBe('192.168.50.99');
  });

  test('this machine has loopback', () => {
    expect(createLocalNetworks()().map((network) => network.address)).toContain('127.0.0.1');
  });

  test('only default routes with a gateway count', () => {
    expect(parseGateways(ROUTES)).toEqual([{ name: 'eth0', family: 'IPv4', address: '192.168.50.1' }]);
    expect(parseGatewaysV6(ROUTES_V6)).toHaveLength(1);
    expect(parseGateways('')).toEqual([]);
  });
});

const ARP = `IP address       HW type     Flags       HW address            Mask     Device
192.168.50.77    0x1         0x2         00:21:f2:22:b0:1d     *        eth0
192.168.50.78    0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.50.79    0x1         0x0         00:21:f2:22:b0:1e     *        eth0
`;

describe('neighbours', () => {
  test('only complete entries count', () => {
    expect([...parseNeighbours(ARP)]).toEqual([['192.168.50.77', '0021f222b01d']]);
  });

  test('the table is read again after two seconds', () => {
    const clock = { now: 0 };
    let reads = 0;
    const find = createNeighbourTable({
      readTable: () => {
        reads += 1;
        return ARP;
      },
      now: () => clock.now,
    });
    expect([find('192.168.50.77'), find('192.168.50.1')]).toEqual(['0021f222b01d', null]);
    expect(reads).toBe(1);
    clock.now = 2_000;
    find('192.168.50.77');
    expect(reads).toBe(2);
  });

  test('a machine without such a table knows no neighbours', () => {
    const find = createNeighbourTable({
      readTable: () => {
        throw new Error('ENOENT');
      },
    });
    expect(find('192.168.50.77')).toBeNull();
  });
});
