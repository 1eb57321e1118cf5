import { Argument, Command } from 'commander';
import type { CliContext } from './context.ts';
import { EXIT_OK } from './exit-code.ts';
import { editorSchema, SCHEMA_KINDS, type SchemaKind } from './schema/editor-schema.ts';

/** `helmgate schema`: the shape of policy files, for editors. */
export function schemaCommand(context: CliContext): Command {
  return new Command('schema')
    .description('print the JSON Schema of policy files')
    .addArgument(new Argument('[kind]', 'one kind of document only').choices([...SCHEMA_KINDS]))
    .addHelpText(
      'after',
      `
Without a kind the schema is for files that hold policies, exceptions and policy tests together. An editor with the YAML language server
completes and checks a file that names the schema in its first line:
  # yaml-language-server: $schema=../helmgate.schema.json
Exit codes: 0 printed, 2 the command line cannot be understood.

Examples:
  helmgate schema > helmgate.schema.json
  helmgate schema policy`,
    )
    .action((kind: SchemaKind | undefined) => {
      context.stdout.write(`${JSON.stringify(editorSchema(kind), undefined, 2)}\n`);
      context.setExitCode(EXIT_OK);
    });
}
