// `npm run eval`: how good the investigation is. The labelled scenarios through the analyst, whole systems through the
// whole product, and what it costs. `npm run eval -- scenarios`, `-- systems` or `-- cost` runs one part.
// The data of PetShop is looked for in EVAL_PETSHOP or ../shared/data/petshop.
import { join } from 'node:path'
import { boxOffice } from './eval/box-office.mjs'
import { evaluateCost } from './eval/cost.mjs'
import { parcelCarriers } from './eval/parcels.mjs'
import { loadPetshop } from './eval/petshop.mjs'
import { evaluateScenarios } from './eval/scenarios.mjs'
import { evaluateSystems } from './eval/systems.mjs'
import { root } from './lib/wrangler.mjs'

const petshopFolder = process.env.EVAL_PETSHOP ?? join(root, '..', 'shared', 'data', 'petshop')

const parts = {
  scenarios: evaluateScenarios,
  systems: () => evaluateSystems(systems()),
  cost: evaluateCost,
}

function systems() {
  const petshop = loadPetshop(petshopFolder)
  if (petshop === null) console.log(`\nSKIPPED: no PetShop data in ${petshopFolder}`)
  return [...(petshop === null ? [] : [petshop]), ...parcelCarriers(), boxOffice()]
}

const chosen = process.argv.slice(2)
const broken = []
for (const [name, evaluate] of Object.entries(parts))
  if (chosen.length === 0 || chosen.includes(name)) broken.push(...(await evaluate()))
for (const sentence of broken) console.error(`\nBROKEN: ${sentence}`)
process.exit(broken.length === 0 ? 0 : 1)
