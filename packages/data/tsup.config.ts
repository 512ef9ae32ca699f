import { library } from '../../tsup.base.ts'

export default library('index', 'book/index', 'sim/index', 'watchdog-worker')
