export { CreateError, createModule, type CreatedModule } from './create-module.ts'
