def prepare(env):
    raise NotImplementedError
