/** A port that phones know cannot be had. The message is for whoever starts the worker. */
export class TakenPort extends Error {}

/** @param name of the environment variable that moves the port */
export async function claimPort<T>(name: string, port: number, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE')
      throw new TakenPort(`${name}: port ${port} is in use by another program`, { cause: error });
    if (code === 'EACCES')
      throw new TakenPort(`${name}: this user may not use port ${port}`, { cause: error });
    throw error;
  }
}
