"""How people hear of a deployment. It holds services only: the records stand beside this package."""
