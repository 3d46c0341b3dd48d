import type { ShippedTemplate } from '../vendor.ts';

/**
 * Two generations of parameter names are in the field: the guide of 2021 (firmware V0.5) and the Yealink-like names of
 * V0.6 and later. Phones ignore what they do not know, so both are written.
 */
const COMMON_CFG = `# What every phone of a site shares. Later lines and the phone's own file win.
local_time.time_zone={{ timezone | as: "timeZone" }}
local_time.summer_time=2
local_time.ntp_server1={{ ntpServer }}
local_time.ntp_server2={{ ntpServer2 }}
local_time.time_format={{ timeFormat | as: "timeFormat" }}
local_time.date_format={{ dateFormat | as: "dateFormat" }}
lang.gui={{ language | as: "language" }}
{% if syslogServer %}
static.syslog.enable=1
static.syslog.server={{ syslogServer }}
{% endif %}
{% if vlanId %}
static.network.vlan.internet_port_enable=1
static.network.vlan.internet_port_vid={{ vlanId }}
static.network.vlan.internet_port_priority={{ vlanPriority }}
{% endif %}
static.network.qos.signaltos={{ dscpSip }}
static.network.qos.rtptos={{ dscpRtp }}
wui.http_enable={{ webEnabled | as: "onOff" }}
wui.https_enable={{ webEnabled | as: "onOff" }}
static.wui.http_enable={{ webEnabled | as: "onOff" }}
static.wui.https_enable={{ webEnabled | as: "onOff" }}
static.auto_provision.pnp_enable={{ pnpEnabled | as: "onOff" }}
static.auto_provision.repeat.enable=1
static.auto_provision.repeat.minutes={{ resyncIntervalSec | divided_by: 60, true }}
{% if firmwareUrl %}
static.firmware.url={{ firmwareUrl }}
{% endif %}
{% if phonebookUrl %}
remote_phonebook.data.1.url={{ phonebookUrl }}
remote_phonebook.data.1.name={{ phonebookName }}
{% endif %}
`;

const DEVICE_CFG = `{% if provisioningUrl %}
auto_provision.server.url={{ provisioningUrl }}
static.auto_provision.server.url={{ provisioningUrl }}
{% endif %}
{% if adminPassword %}
static.security.user_password=admin:{{ adminPassword }}
{% endif %}
{% for line in lines %}
{% assign a = line.account %}
{% assign r = line.registrar %}
account.{{ line.index }}.enable={{ line.enabled | as: "onOff" }}
account.{{ line.index }}.label={{ line.label }}
account.{{ line.index }}.display_name={{ a.displayName }}
account.{{ line.index }}.user_name={{ a.userName }}
account.{{ line.index }}.auth_name={{ a.authName }}
account.{{ line.index }}.password={{ a.password }}
account.{{ line.index }}.sip_server_host={{ r.host }}
account.{{ line.index }}.sip_server_port={{ r.port | default: 5060 }}
account.{{ line.index }}.outbound_host={{ r.outboundProxy }}
account.{{ line.index }}.outbound_port={{ r.outboundPort | default: 5060 }}
account.{{ line.index }}.sip_server.1.address={{ r.host }}
account.{{ line.index }}.sip_server.1.port={{ r.port | default: 0 }}
account.{{ line.index }}.sip_server.1.transport_type={{ r.transport | default: "udp" | as: "transport" }}
account.{{ line.index }}.sip_server.1.expires={{ r.expiresSec }}
account.{{ line.index }}.sip_server.2.address={{ r.secondHost }}
account.{{ line.index }}.sip_server.2.port={{ r.secondPort | default: 5060 }}
{% if r.outboundProxy %}
account.{{ line.index }}.outbound_proxy_enable=1
{% else %}
account.{{ line.index }}.outbound_proxy_enable=0
{% endif %}
account.{{ line.index }}.outbound_proxy.1.address={{ r.outboundProxy }}
account.{{ line.index }}.outbound_proxy.1.port={{ r.outboundPort | default: 5060 }}
voice_mail.number.{{ line.index }}={{ a.voicemail }}
{% endfor %}
{% for key in keys %}
linekey.{{ key.index }}.type={{ key.type | as: "keyType" }}
linekey.{{ key.index }}.line={{ key.line }}
linekey.{{ key.index }}.value={{ key.value }}
linekey.{{ key.index }}.label={{ key.label }}
linekey.{{ key.index }}.pickup_value={{ key.pickupValue }}
linekey.{{ key.index }}.extension={{ key.pickupValue }}
{% endfor %}
`;

/** Asked for by phones whose own boot file nobody serves; compile adds what reaches the account file. */
const COMMON_BOOT = `#!version:1.0.0.1
include:config "y000000000000.cfg"
`;

const DEVICE_BOOT = `#!version:1.0.0.1
include:config "y000000000000.cfg"
include:config "{{ device.mac }}.cfg"
`;

export const FLYINGVOICE_TEMPLATES: readonly ShippedTemplate[] = [
  { name: 'y000000000000.boot', kind: 'boot', body: COMMON_BOOT },
  { name: '{mac}.boot', kind: 'boot', body: DEVICE_BOOT },
  { name: 'y000000000000.cfg', kind: 'cfg', body: COMMON_CFG },
  { name: '{mac}.cfg', kind: 'cfg', body: DEVICE_CFG },
];
