"""Drawing seals (印模绘制): one geometry in millimetres, four writers (PDF, SVG, OFD, PNG). 国发〔1999〕25号."""
