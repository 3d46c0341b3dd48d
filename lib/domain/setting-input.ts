/** Values of one layer as bodies give them: null clears one, an absent one stays. */
import { z } from 'zod';
import { suggestName } from './input-problem.ts';
import { parameterKey, parameterValue } from './input-text.ts';
import { findVariable, VARIABLES } from './variable.ts';

export type VariableInput = Readonly<Record<string, string | number | boolean | null>>;
export type ParameterInput = Readonly<Record<string, string | null>>;

const MOST_PARAMETERS = 2000;
const VARIABLE_NAMES = VARIABLES.map((variable) => variable.name);

/** Variables by name, each checked by its own schema. */
export const variablesSchema = z
  .record(z.string().max(64), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .superRefine((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      const message = refuseVariable(name, value);
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export const parametersSchema = z
  .record(parameterKey, parameterValue.nullable())
  .refine((values) => Object.keys(values).length <= MOST_PARAMETERS, `at most ${MOST_PARAMETERS} parameters`);

function refuseVariable(name: string, value: unknown): string | null {
  const variable = findVariable(name);
  if (variable === null) {
    const suggestion = suggestName(name, VARIABLE_NAMES);
    return `there is no variable "${name}"${suggestion === null ? '' : `; did you mean "${suggestion}"?`}`;
  }
  if (value === null) return null;
  const parsed = variable.schema.safeParse(value);
  if (parsed.success) return null;
  return parsed.error.issues[0]?.message ?? 'is not a value of this variable';
}
