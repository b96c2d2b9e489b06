import re,time
from tests.verify.conftest import *
from verify.cms_check import *
from verify.path_checks import Moment
from verify.pdf.ranges import coverage, seen_ranges
def test_x(sealed):
    for kind in ("sm2","rsa"):
        data=getattr(sealed,kind)
        cov=coverage(data, seen_ranges(data)[-1])
        doc=Document(cov.digester,cov.octets); c=cov.contents; good=0
        n=len(c.rstrip(b"\0"))
        for i in range(n+1):
            for bit in (0,1,3,5,7):
                b=bytearray(c); b[i]^=1<<bit
                r=check_cms(bytes(b),doc,sealed.trust,Moment(START),needs_binding=True)
                sev={f.severity.value for f in r.findings}
                if (r.intact and 'error' not in sev) : print(kind,i,bit,[f.code for f in r.findings], c[max(0,i-10):i+3].hex()); good+=1
        print(kind,n,good)
