"""What hosts become: one folder per role, deployed over SSH with pyinfra in the stages install, configure, activate."""
