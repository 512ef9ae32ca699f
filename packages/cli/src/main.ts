#!/usr/bin/env node
import { runCli } from './run-cli.ts'

process.exitCode = await runCli(process.argv.slice(2))
// A venue that never answers the end of a connection would keep the program: it goes once all is written.
const isWritten = () => process.stdout.writableLength === 0 && process.stderr.writableLength === 0
setInterval(() => isWritten() && process.exit(), 500).unref()
