/** A segment of a path in clear. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A percent sign that escapes nothing stands for itself.
    return segment;
  }
}
