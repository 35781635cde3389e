"""What a new installation is filled with: files of rows beside the code that lays them down."""
