# The bookshop's policy in Rego v1. `input` is an AuthZEN request; `reasons` holds the name of every rule that allows.
package authzen

import rego.v1

default allow := false

allow if count(reasons) > 0

# --- orders

reasons contains "owner-reads-order" if {
	asks("order", "read")
	owns
}

reasons contains "owner-annotates-open-order" if {
	asks("order", "annotate")
	owns
	input.resource.properties.status == "open"
}

reasons contains "clerk-reads-order" if {
	asks("order", "read")
	has_role("clerk")
}

reasons contains "manager-reads-cost" if {
	asks("order", "read-cost")
	has_role("manager")
}

# --- payments

reasons contains "owner-reads-payment" if {
	asks("payment", "read")
	owns
}

reasons contains "manager-reads-payment" if {
	asks("payment", "read")
	has_role("manager")
}

reasons contains "manager-refunds-up-to-limit" if {
	asks("payment", "refund")
	has_role("manager")
	amount := input.resource.properties.amount
	is_number(amount) # in Rego null and true are less than every number
	amount == floor(amount)
	amount <= 10000
}

# --- shipments

reasons contains "owner-reads-shipment" if {
	asks("shipment", "read")
	owns
}

reasons contains "clerk-reads-shipment" if {
	asks("shipment", "read")
	has_role("clerk")
}

reasons contains "clerk-dispatches" if {
	asks("shipment", "dispatch")
	has_role("clerk")
}

# --- what the rules are made of

asks(type, action) if {
	input.subject.type == "user"
	input.resource.type == type
	input.action.name == action
}

# ABAC: the shop is the person's own
same_tenant if {
	is_string(input.resource.properties.tenant)
	input.resource.properties.tenant == input.subject.properties.tenant
}

# ReBAC: the person is the thing's owner
owns if {
	same_tenant
	input.resource.properties.owner == input.subject.id
}

# RBAC: the person has the role
has_role(role) if {
	same_tenant
	is_array(input.subject.properties.roles)
	some held in input.subject.properties.roles
	held == role
}
