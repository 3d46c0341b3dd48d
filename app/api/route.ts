/** The catch-all beside this file begins one segment further down. */
export { DELETE, GET, PATCH, POST, PUT } from './[...rest]/route.ts';
