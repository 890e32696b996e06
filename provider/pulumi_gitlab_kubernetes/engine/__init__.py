"""What both adapters need of Pulumi's engine: its process, its log, its errors."""
