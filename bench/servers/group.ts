/** Of the SIP PnP scheme. */
export const GROUP = '224.0.1.75';
