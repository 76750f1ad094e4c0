"""The jobs, a module for each kind: `run(spec, channel) -> result`; and how one is run."""
