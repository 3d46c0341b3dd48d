/** Where to go after signing in: a path of this console, never another site. */
export function nextPathOf(value: string | string[] | undefined): string {
  const path = Array.isArray(value) ? value[0] : value;
  return path !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/phones';
}
