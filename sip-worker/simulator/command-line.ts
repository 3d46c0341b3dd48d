import { parseArgs } from 'node:util';
import { parseMac } from '../../lib/domain/mac.ts';
import type { Phone, PhoneKind } from './phone-kind.ts';
import { findPhoneKind, PHONE_KINDS } from './phone-kinds.ts';

export interface CommandLine {
  readonly kind: PhoneKind;
  readonly phone: Phone;
  readonly interfaceName: string;
  readonly group: string;
  readonly port: number;
  /** A URL as from DHCP option 66; null: ask by PnP. */
  readonly server: string | null;
  readonly timeoutMs: number;
  readonly json: boolean;
  readonly showSecrets: boolean;
}

export type Reading =
  | { readonly kind: 'run'; readonly commandLine: CommandLine }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

export const EXIT = { configured: 0, noAnswer: 2, noAccounts: 3, downloadFailed: 4, wrongUse: 64 } as const;

export const HELP = `A phone that boots: it asks for its provisioning URL, fetches its files and says what it ends up with.

  npm run phone -- --vendor flyingvoice --mac 0021f222b01d

  --vendor NAME      ${PHONE_KINDS.map((kind) => kind.vendor).join(', ')} (default: the first)
  --mac MAC          in any notation
  --model NAME       as the maker prints it, default FIP14G
  --firmware X.Y.Z   default 0.7.11
  --interface NAME   interface or address to send through (default: lo, so nothing leaves this machine)
  --group ADDRESS    default 224.0.1.75
  --port PORT        default 5060
  --server URL       do not ask by PnP; take this URL as from DHCP option 66
  --timeout SECONDS  for an answer and for each file, default 10
  --json             one JSON document instead of lines
  --show-secrets     passwords and URL tokens in clear

Exit codes: 0 configured: an account with user and server is switched on
            2 nobody answered, or only half of an answer came
            3 files came, but no account is switched on (so it is for a suspended phone)
            4 no file was found, or one could not be fetched
           64 the command line is wrong`;

const OPTIONS = {
  vendor: { type: 'string', default: 'flyingvoice' },
  mac: { type: 'string' },
  model: { type: 'string' },
  firmware: { type: 'string' },
  interface: { type: 'string', default: 'lo' },
  group: { type: 'string', default: '224.0.1.75' },
  port: { type: 'string', default: '5060' },
  server: { type: 'string' },
  timeout: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  'show-secrets': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export function readCommandLine(args: readonly string[]): Reading {
  const given = parseSafely(args);
  if (typeof given === 'string') return { kind: 'wrong', problem: given };
  if (given.help) return { kind: 'help' };
  const kind = findPhoneKind(given.vendor);
  if (kind === null) return { kind: 'wrong', problem: `--vendor ${given.vendor} is not known` };
  const mac = parseMac(given.mac ?? '');
  if (!mac.ok) return { kind: 'wrong', problem: '--mac must be a MAC address, for example 0021f222b01d' };
  const port = Number(given.port);
  const timeout = Number(given.timeout);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return { kind: 'wrong', problem: '--port must be a port' };
  if (!(timeout > 0)) return { kind: 'wrong', problem: '--timeout must be a number of seconds' };
  const { model = kind.defaults.model, firmware = kind.defaults.firmware } = given;
  if (/["\r\n]/.test(model + firmware))
    return { kind: 'wrong', problem: '--model and --firmware take no quotes' };
  return {
    kind: 'run',
    commandLine: {
      kind,
      phone: { mac: mac.value, model, firmware },
      interfaceName: given.interface,
      group: given.group,
      port,
      server: given.server ?? null,
      timeoutMs: timeout * 1000,
      json: given.json,
      showSecrets: given['show-secrets'],
    },
  };
}

/** `parseArgs` throws for what a user mistypes; its message is fit to be shown. */
function parseSafely(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
