import type { Catalog } from '#lib/domain/catalog.ts';
import type { Device } from '#lib/domain/device.ts';
import type { LayerValue, LayerValues } from '#lib/domain/layers.ts';
import type { Mac } from '#lib/domain/mac.ts';
import type { Site } from '#lib/domain/site.ts';
import type { Template } from '#lib/domain/template.ts';
import { flyingvoice } from '#lib/domain/vendors/flyingvoice.ts';

export const MAC = '0021f222b01d' as Mac;
export const TOKEN = 'abcdefghijklmnopqrstuvwxyz';

/** A catalog of the Flyingvoice library, a reseller, and its customer HQ with a registrar. */
export function exampleCatalog(changes: Partial<Catalog> = {}): Catalog {
  return {
    revision: '7',
    models: new Map(flyingvoice.models.map((model) => [model.slug, model])),
    sites: new Map(
      [exampleSite({ id: 'root', parentId: null, name: 'Reseller', slug: 'reseller' }), exampleSite()].map(
        (site) => [site.id, site],
      ),
    ),
    registrars: new Map([
      [
        'registrar',
        {
          ...{
            id: 'registrar',
            name: 'PBX',
            siteId: 'hq',
            host: 'pbx.example.net',
            port: 5060,
            transport: 'udp',
          },
          ...{
            secondHost: null,
            secondPort: null,
            outboundProxy: null,
            outboundPort: null,
            expiresSec: 3600,
          },
          srtp: 'off',
        },
      ],
    ]),
    templates: shippedTemplates(),
    rules: [],
    globalVariables: {},
    globalParameters: {},
    modelVariables: {},
    modelParameters: {},
    installationBase: 'http://10.20.0.92:8080',
    reportedBases: {},
    ...changes,
  };
}

export function shippedTemplates(): Template[] {
  return flyingvoice.templates.map((template) =>
    exampleTemplate({ ...template, id: `shipped-${template.name}`, shipped: true }),
  );
}

export function exampleTemplate(changes: Partial<Template> = {}): Template {
  return {
    ...{ id: 'template', name: '{mac}.cfg', kind: 'cfg', vendor: 'flyingvoice', models: [], siteId: null },
    ...{ mode: 'merge', body: '', version: 1, shipped: false },
    ...changes,
  };
}

export function exampleSite(changes: Partial<Site> = {}): Site {
  return {
    ...{
      id: 'hq',
      rootId: 'root',
      parentId: 'root',
      kind: 'customer',
      slug: 'hq',
      name: 'HQ',
      externalId: null,
    },
    ...{ networks: [], defaultRegistrarId: 'registrar', publicBase: null, bootstrapCode: 'hq1', version: 1 },
    ...{ commonFilesFor: null, enrolmentUntil: null, vendorParameters: {}, variables: {} },
    ...changes,
  };
}

/** A FIP14G with one line and one BLF key. */
export function exampleDevice(changes: Partial<Device> = {}): Device {
  const account = {
    ...{
      id: 'account',
      siteId: 'hq',
      userName: '1001',
      authName: '1001',
      password: 's3cret',
      displayName: 'Anna B.',
    },
    ...{ voicemail: null, registrarId: null, externalId: null },
  };
  return {
    ...{
      id: 'device',
      mac: MAC,
      serial: null,
      model: 'flyingvoice/fip14g',
      siteId: 'hq',
      label: 'Reception',
    },
    ...{ person: null, location: null, state: 'active', modules: [], tags: [], externalId: null, version: 3 },
    lines: [{ index: 1, enabled: true, label: '1001', account }],
    keys: [{ module: 0, index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
    variables: {},
    parameters: {},
    ...changes,
  };
}

export function values(plain: Readonly<Record<string, LayerValue['value']>>, secret = false): LayerValues {
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [
      key,
      { value, setBy: 'Anna', setAt: '2026-05-03T10:00:00.000Z', secret },
    ]),
  );
}
