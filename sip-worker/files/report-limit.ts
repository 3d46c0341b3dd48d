/**
 * How many refusals of one source the timeline takes in a minute, when the source has proved nothing: the spool is
 * bounded, and must not be filled by whoever knocks loudest.
 */
export interface ReportLimit {
  mayReport(source: string): boolean;
  readonly entries: number;
}

const WINDOW_MS = 60_000;
const MOST_REPORTS = 60;
const MOST_SOURCES = 8_192;

export function createReportLimit(now: () => number): ReportLimit {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  return {
    mayReport(source) {
      const known = windows.get(source);
      if (known && known.endsAt > now()) {
        known.count += 1;
        return known.count <= MOST_REPORTS;
      }
      windows.delete(source);
      windows.set(source, { endsAt: now() + WINDOW_MS, count: 1 });
      for (const oldest of windows.keys()) {
        if (windows.size <= MOST_SOURCES) break;
        windows.delete(oldest);
      }
      return true;
    },
    get entries() {
      return windows.size;
    },
  };
}
