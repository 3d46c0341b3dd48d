/** The phone of the stories. */
export const RECEPTION = {
  model: 'flyingvoice/fip14g',
  site: 'default',
  label: 'Reception',
  tags: ['lobby'],
  lines: [
    {
      index: 1,
      label: '1001',
      displayName: 'Anna B.',
      userName: '1001',
      authName: '1001',
      password: 'coalmine-line-password',
      sipServer: 'pbx.example.net',
      sipPort: 5060,
      transport: 'udp',
    },
  ],
  keys: [{ index: 2, type: 'blf', line: 1, value: '1002', label: 'Bob', pickupValue: '*8' }],
  variables: { timezone: 'Europe/Berlin' },
};
