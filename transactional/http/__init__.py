"""The core over HTTP: routes translate, the modules beside this folder decide."""
