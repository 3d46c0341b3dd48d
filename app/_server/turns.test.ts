import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('lets some work, some wait in their order, and sends the others away', async () => {
  const turns = createTurns({ atOnce: 2, waiting: 2 });
  const order: string[] = [];
  const [first, second, third, fourth] = [turns.take(), turns.take(), turns.take(), turns.take()];
  expect(turns.take()).toBeNull();
  void third?.then(() => order.push('third'));
  void fourth?.then(() => order.push('fourth'));
  (await second)?.();
  await third;
  expect(order).toEqual(['third']);
  (await first)?.();
  (await fourth)?.();
  (await third)?.();
  expect(order).toEqual(['third', 'fourth']);
  expect(turns.take()).not.toBeNull();
});
