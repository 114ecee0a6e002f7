"""The page that a person sees: answers come in, Gradio's tabs and HTML go out."""
