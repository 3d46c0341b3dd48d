import { readFacts } from './installation-facts.ts';

/** A call of the REST API with the first token, as a billing system makes it. */
export async function callApi(method: string, path: string, body?: unknown): Promise<Response> {
  const { webUrl, token } = readFacts();
  return fetch(`${webUrl}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

export interface DeviceReply {
  readonly id: string;
  readonly mac: string;
  readonly revision: number;
  readonly version: number;
  readonly publication: { readonly state: string };
}

export async function putDevice(mac: string, body: object): Promise<DeviceReply> {
  const response = await callApi('PUT', `/devices/by-mac/${mac}`, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT ${mac}: ${response.status} ${text}`);
  return JSON.parse(text);
}
