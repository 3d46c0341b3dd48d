import { describe, expect, test } from 'vitest';
import { modelSchema } from '../model.ts';
import { templateNameSchema } from '../template.ts';
import { VENDORS } from './registry.ts';

describe.each(VENDORS.map((vendor) => [vendor.slug, vendor] as const))('%s', (slug, vendor) => {
  test.each(vendor.models.map((model) => [model.slug, model] as const))(
    'model %s is complete',
    (_slug, model) => {
      expect(modelSchema.parse(model)).toEqual(model);
      expect(model.vendor).toBe(slug);
      expect(model.source === null && !model.unverified).toBe(false);
    },
  );

  test('no two models or spellings are the same', () => {
    const names = vendor.models.flatMap((model) => [
      model.slug,
      ...model.spellings.map((name) => name.toLowerCase()),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has a template for its account file and each boot file', () => {
    const names = vendor.templates.map((template) => templateNameSchema.parse(template.name));
    expect(names).toEqual(expect.arrayContaining([vendor.mainFile, ...vendor.bootFiles]));
  });
});
