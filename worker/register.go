package worker

import (
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
	"relink/workflows"
)

// Register registers every workflow; this is the one list of them. The Items' lives follow the rules: the worker of
// production and the replay of what it recorded pass item.ProductionRules.
func Register(r sdkworker.WorkflowRegistry, rules item.Rules) {
	r.RegisterWorkflowWithOptions(workflows.ItemWorkflow{Rules: rules}.Run, workflow.RegisterOptions{Name: workflows.TypeItem})
	r.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: workflows.TypeReconcile})
	r.RegisterWorkflowWithOptions(workflows.Deliver, workflow.RegisterOptions{Name: workflows.TypeDeliver})
}
