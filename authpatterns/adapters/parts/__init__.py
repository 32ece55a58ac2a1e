"""Real systems that can stand where a model stands: how each is installed, started on loopback and stopped.

    from authpatterns.adapters.parts import redis

    with redis.running() as part:
        print(part.url, part.version)      # redis://127.0.0.1:40213 7.0.15

`install` fetches what no system's package manager brings, with the ordinary clients of Maven, Go and npm, into one
folder. `process` starts a program, waits until it answers, and stops it. Every other module is one part.
"""
