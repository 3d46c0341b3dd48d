/** A profile rule: which URL a phone gets when it asks by PnP. Rules are tried in order; the first that matches decides. */
export interface ProfileRule {
  readonly id: string;
  readonly name: string;
  readonly order: number;
  readonly enabled: boolean;
  readonly match: RuleMatch;
  /** Null: silence. `{{start}}`, `{{base}}`, `{{host}}`, `{{token}}` are ours; `{mac}` and `$MA` belong to the phone. */
  readonly url: string | null;
  /** What happens to a phone that is not in the inventory. */
  readonly unknown: 'ignore' | 'discover' | 'add';
  /** Where an unknown phone is added. */
  readonly siteId: string | null;
  readonly model: string | null;
  readonly version: number;
}

/** Every member that is there must hold. */
export interface RuleMatch {
  readonly vendor?: string;
  /** Model slug. */
  readonly model?: string;
  /** `>=0.6.0 <0.8` : blank-separated comparisons on dotted numbers. */
  readonly firmware?: string;
  /** 1 to 12 hex digits. */
  readonly macPrefix?: string;
  /** CIDR of the source address. */
  readonly network?: string;
  /** Site id; the site or one below it. */
  readonly site?: string;
  readonly tag?: string;
  readonly known?: boolean;
}
