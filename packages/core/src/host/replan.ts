import { TapeloomError } from '../error.ts'
import type { PlannedModule } from './module-plan.ts'
import type { Session } from './session.ts'

/** Changes the modules of a session between two inputs: some leave, some come, those that stay keep their state. */
export async function replan(session: Session, plan: readonly PlannedModule[], engage: (entry: PlannedModule) => void): Promise<void> {
  const { modules, networks, decisions, feed } = session
  const leaving = modules.runtimes.filter(({ entry }) => !plan.some(({ id }) => id === entry.id))
  for (const hook of ['stop', 'dispose'] as const) await modules.each(hook, leaving)
  for (const { entry: { id } } of leaving) {
    if (decisions.registry.has(id)) decisions.registry.unregister(id)
    for (const board of decisions.boards) board.forget(id)
    await networks.drop(id)
    await session.participants.get(id)?.close?.()
    session.participants.delete(id)
  }
  session.plan = plan
  const added = modules.adopt(plan)
  feed.layout(modules.rows.layout.layoutId, modules.rows.layout.names)
  for (const { entry } of added) {
    session.enrol(entry)
    engage(entry)
    await networks.open(entry, modules.rows.layout, session.seed)
    await session.participants.get(entry.id)?.attach(session)
  }
  await modules.each('init', added)
  for (const runtime of added) modules.restart(runtime)
  await modules.each('start', added)
  modules.refresh()
  session.end()
}

/** The modules that go when one goes: those that require it too. @throws TapeloomError `module.needed` without `cascade` */
export function leavingWith(plan: readonly PlannedModule[], id: string, cascade: boolean): ReadonlySet<string> {
  const gone = new Set<string>([id])
  for (const entry of plan) {
    const met = (module: string) => plan.some((other) => other.definition.name === module && !gone.has(other.id))
    if (Object.values(entry.definition.requires ?? {}).some(({ module, optional }) => !optional && !met(module))) gone.add(entry.id)
  }
  if (gone.size === 1 || cascade) return gone
  throw new TapeloomError('module.needed', `[module ${id}] is needed by ${[...gone].slice(1).join(', ')}. Unload them first, or pass { cascade: true }.`)
}
