"""What all trainers share: what trains, adapters, sharding, events, outcome, faults, the saved model."""
