/** A simulated phone that boots like a real one, against any server: `npm run phone -- --help`. */
import { bootPhone } from './boot.ts';
import { EXIT, HELP, readCommandLine } from './command-line.ts';
import { type BootReport, describeSettings, maskUrls, toJson } from './report.ts';

const reading = readCommandLine(process.argv.slice(2));
if (reading.kind === 'help') console.log(HELP);
if (reading.kind === 'wrong') {
  console.error(`${reading.problem}\n\n${HELP}`);
  process.exitCode = EXIT.wrongUse;
}
if (reading.kind === 'run') {
  const { commandLine } = reading;
  const startedAt = performance.now();
  const tell = (line: string): void => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(3).padStart(8);
    console.log(`${seconds}  ${commandLine.showSecrets ? line : maskUrls(line)}`);
  };
  const report = await bootPhone(commandLine, commandLine.json ? () => undefined : tell);
  if (commandLine.json) console.log(toJson(report, commandLine.showSecrets));
  else printReport(report, commandLine.showSecrets);
  process.exitCode = report.exitCode;
}

function printReport(report: BootReport, showSecrets: boolean): void {
  if (report.settings.length > 0) {
    console.log(`\nSettings (${report.settings.length}), each with the file it came from:`);
    for (const line of describeSettings(report.settings, showSecrets)) console.log(line);
  }
  console.log('');
  for (const problem of report.problems) console.log(`Problem: ${problem}`);
  for (const { index, user, server } of report.accounts)
    console.log(`Account ${index}: ${user} at ${server}`);
  console.log(`${report.outcome === 'configured' ? 'Configured' : `Not configured: ${report.outcome}`}`);
}
