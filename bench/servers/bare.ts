/** The least that Node can do for the same answers: nothing is parsed, decided, recorded, limited or repeated. */
import process from 'node:process';
import { openView } from '../fleet.ts';
import { answerAsks } from './asked.ts';
import { startBareHttp } from './bare-http.ts';
import { startBarePnp } from './bare-pnp.ts';
import { startBareTftp } from './bare-tftp.ts';

const [dataDir = '', pnpPort = '', count = ''] = process.argv.slice(2);
const bodies = new Map<string, Buffer>();
const urls = new Map<string, string>();
readFleet();

answerAsks(
  {
    pnp: await startBarePnp(Number(pnpPort), urls),
    http: await startBareHttp(bodies),
    tftp: await startBareTftp(bodies),
  },
  () => undefined,
);

function readFleet(): void {
  const view = openView(dataDir);
  for (let number = 0; number < Number(count); number += 1) {
    const device = view.findDevice(`device-${number}`);
    const main = device?.files.find((file) => file.role === 'main');
    const body = main && view.readFile(main);
    if (!device || !body) throw new Error(`device ${number} has no file`);
    const token = view.openToken(device);
    bodies.set(`/d/${token}/${main.name}`, body);
    bodies.set(main.name, body);
    urls.set(device.mac, `http://127.0.0.1:8080/d/${token}/`);
  }
}
