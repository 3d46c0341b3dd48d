import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the installation under test is, and who may enter. */
export interface InstallationFacts {
  readonly webUrl: string;
  readonly phoneUrl: string;
  readonly databaseUrl: string;
  readonly sipPort: number;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

const FILE = path.resolve('.cache', 'e2e', 'installation.json');

export function writeFacts(json: string): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, json, { mode: 0o600 });
}

export function readFacts(): InstallationFacts {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}
