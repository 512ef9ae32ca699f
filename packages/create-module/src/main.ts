#!/usr/bin/env node
import { runCreate } from './run-create.ts'

process.exitCode = runCreate(process.argv.slice(2))
