/** What the list of phones shows, as its address says it: a link shows a colleague the same rows. */
export interface PhoneFilters {
  readonly list: {
    readonly query: string | undefined;
    readonly site: string | undefined;
    readonly tag: string | undefined;
    readonly state: 'active' | 'suspended' | 'retired' | undefined;
    readonly failing: true | undefined;
  };
  readonly stage: StageFilter;
  readonly cursor: string | undefined;
}

export const STAGE_FILTERS = ['all', 'failing', 'active', 'suspended', 'retired'] as const;
export type StageFilter = (typeof STAGE_FILTERS)[number];

type Query = Readonly<Record<string, string | undefined>>;

export function filtersOf(query: Query): PhoneFilters {
  const stage = STAGE_FILTERS.find((known) => known === query.stage) ?? 'all';
  return {
    list: {
      query: textOf(query.q),
      site: textOf(query.site),
      tag: textOf(query.tag),
      state: stage === 'all' || stage === 'failing' ? undefined : stage,
      failing: stage === 'failing' ? true : undefined,
    },
    stage,
    cursor: textOf(query.cursor),
  };
}

export function hasFilters({ list, stage }: PhoneFilters): boolean {
  return stage !== 'all' || [list.query, list.site, list.tag].some((value) => value !== undefined);
}

/** The address of another page of the same rows; null: the first. */
export function pagePath({ list, stage }: PhoneFilters, cursor: string | null): string {
  const query = new URLSearchParams();
  if (list.query) query.set('q', list.query);
  if (list.site) query.set('site', list.site);
  if (list.tag) query.set('tag', list.tag);
  if (stage !== 'all') query.set('stage', stage);
  if (cursor !== null) query.set('cursor', cursor);
  const text = query.toString();
  return text === '' ? '/phones' : `/phones?${text}`;
}

function textOf(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}
