import { compileStringMatcher } from '../../matchers/string-matcher.ts';
import { definition } from '../../reference/json-schema.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** The tool in a call of the Model Context Protocol. */
export const mcpTool = createUnsupportedCriterion({
  name: 'mcp_tool',
  reason: 'mcp-tool-unauthorized',
  missing: 'route for the Model Context Protocol',
  data: 'string matcher',
  example: { in: ['query', 'list_tables'] },
  schema: definition('textMatcher'),
  check: (data, { path, faults }) => void compileStringMatcher(data, path, faults),
});
