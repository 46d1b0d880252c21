"""The main job of ferry: a VM that talks through ferry moves between two hosts, and what that cost is measured."""
