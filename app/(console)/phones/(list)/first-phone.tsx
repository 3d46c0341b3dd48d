import { CommandBlock } from '../../../../components/ui/command-block.tsx';

/** What to do on an empty installation, in the order in which it works. */
export function FirstPhone({ host }: { readonly host: string }) {
  return (
    <>
      <p>
        Enter one with the API, then connect it: it asks for its configuration by itself. Phones that nobody
        entered are listed under New phones as soon as they ask.
      </p>
      <CommandBlock what="command" text={exampleCommand(host)} />
      <p className="mt-3 text-13">
        No phone at hand?{' '}
        <code className="text-ink">npm run phone -- --vendor flyingvoice --mac 0021f222b01d</code> acts as
        one.
      </p>
    </>
  );
}

function exampleCommand(host: string): string {
  return `curl -X PUT http://${host}/api/v1/devices/by-mac/0021f222b01d \\
  -H 'Authorization: Bearer <API token>' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "model": "flyingvoice/fip14g",
    "site": "default",
    "label": "Reception",
    "lines": [{
      "index": 1, "userName": "1001", "password": "<SIP password>",
      "sipServer": "pbx.example.net", "sipPort": 5060, "transport": "udp"
    }]
  }'`;
}
