import { longestWords } from '../compile/rule-words.ts';
import { criteria } from '../criteria/index.ts';
import { type Criterion, actions, operators } from '../language/criterion.ts';
import { definition, sharedDefinitions, type JsonSchema } from '../language/json-schema.ts';

/** Removes the Markdown, which editors do not render in their pop-ups. */
const plain = (markdown: string) => markdown.replaceAll('`', '');

function describeCriterion({ doc, schema }: Criterion): JsonSchema {
  return { description: `${plain(doc.summary)} Data: ${plain(doc.data)}.`, examples: [doc.example], ...schema };
}

function criterionSchema(): JsonSchema {
  const withSubpath = criteria.filter(({ takesSubpath }) => takesSubpath);
  return {
    description: 'One criterion: its name, followed by a slash and a path if it takes one, and its data.',
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(criteria.map((criterion) => [criterion.name, describeCriterion(criterion)])),
    patternProperties: Object.fromEntries(
      withSubpath.map((criterion) => [`^${criterion.name}/`, describeCriterion(criterion)]),
    ),
    additionalProperties: false,
  };
}

const operatorDescriptions: Readonly<Record<(typeof operators)[number], string>> = {
  and: 'Holds if every criterion holds.',
  or: 'Holds if at least one criterion holds.',
  not: 'Holds if no criterion holds.',
  nor: 'Holds if not every criterion holds.',
};

/**
 * Returns the JSON Schema (2020-12) of a policy document, for editors. The compiler may refuse what the schema accepts,
 * but never accepts what the schema refuses.
 */
export function policyJsonSchema(): object {
  const body: JsonSchema = {
    description: 'Operators with criteria. Each operator is an alternative.',
    type: 'object',
    properties: Object.fromEntries(
      operators.map((operator) => [
        operator,
        { description: operatorDescriptions[operator], type: 'array', items: definition('criterion') },
      ]),
    ),
    additionalProperties: false,
  };
  const rules: JsonSchema = {
    description: 'What to allow and what to deny. Deny beats allow.',
    type: 'object',
    properties: {
      name: {
        description: 'The name of the rule, unique in the document: lower-case letters, digits and hyphens.',
        type: 'string',
        minLength: 1,
        maxLength: longestWords.name,
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      },
      message: {
        description: 'What the people read whom the deny of this rule refuses, in one line.',
        type: 'string',
        minLength: 1,
        maxLength: longestWords.message,
      },
      ...Object.fromEntries(actions.map((action) => [action, definition('body')])),
    },
    additionalProperties: false,
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sallyport policy',
    description: 'A policy document: a rule, or a list of rules.',
    anyOf: [definition('rules'), { type: 'array', items: definition('rules') }],
    $defs: { rules, body, criterion: criterionSchema(), ...sharedDefinitions },
  };
}
