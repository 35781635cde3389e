"""Names in chat groups: surnames, titles, and names that tell others little. Pure.

A group is told only surnames of those who are booked; what is not known to be one is not told.
"""

from flask_babel import gettext as _

COMPOUND = frozenset((
    "欧阳", "司马", "诸葛", "上官", "皇甫", "司徒", "东方", "独孤", "南宫", "夏侯", "尉迟",
    "公孙", "慕容", "令狐", "轩辕", "长孙", "宇文", "闻人", "钟离", "鲜于", "端木", "申屠",
    "太叔", "濮阳", "淳于", "单于", "公冶", "澹台", "宗政", "呼延", "百里", "东郭", "微生",
    "梁丘", "左丘", "西门", "赫连", "拓跋", "万俟", "亓官", "司空", "仲孙", "公羊", "公西",
    "漆雕", "乐正", "壤驷", "巫马", "段干", "谷梁", "南门", "第五",
))  # fmt: skip
SINGLE = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧肖尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱丘骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊於惠甄曲封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇"
    "栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰鄂索咸籍赖卓蔺屠蒙池乔阴胥苍闻莘党翟谭贡劳"
    "逄姬申扶堵冉宰郦雍璩桑桂濮牛寿边扈燕冀郏浦尚农温庄晏柴瞿阎闫慕连茹习宦艾鱼容向古易慎戈廖庾暨居衡步"
    "耿满弘匡文寇禄阙东欧殳沃利蔚夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶曾毋沙乜鞠丰巢关蒯查荆游竺权逯盖桓公"
    "付邸覃代涂佘阳但敬淳冼佟苟晋楚帅缑亢况商牟墨哈谯笪仝税蹇鲜漆母苑粟谌植卿冯"
)
# Longer ones first: 外婆 before 婆.
TITLES = (
    "妈妈", "爸爸", "麻麻", "粑粑", "奶奶", "爷爷", "外婆", "外公", "姥姥", "姥爷", "阿姨",
    "叔叔", "嬢嬢", "婆婆", "公公", "女士", "先生", "老师", "同志", "家长", "妈咪", "宝妈",
    "宝爸", "小朋友", "同学", "姐", "哥", "嫂", "妈", "爸",
)  # fmt: skip

# Words for boys and girls, longer ones first …
FEMALE = (
    "外孙女", "小女孩", "孙女", "女儿", "女孩", "女宝", "女生", "女娃", "女童", "妹妹", "姐姐",
    "女",
)  # fmt: skip
MALE = (
    "外孙", "小男孩", "孙子", "孙儿", "儿子", "男孩", "男宝", "男生", "男娃", "男童", "弟弟",
    "哥哥", "男",
)  # fmt: skip
# … and words that name nobody.
SAID = (
    "联系电话", "手机号码", "联系方式", "孩子姓名", "宝宝姓名", "家长姓名", "电话号码", "手机号",
    "第一次", "小朋友", "电话", "手机", "姓名", "名字", "年龄", "性别", "孩子", "家长", "生日",
    "出生", "报名", "接龙", "参加", "已报", "宝宝", "宝贝", "取消", "候补", "替补", "退出",
    "大班", "中班", "小班", "托班", "大宝", "二宝", "老大", "老二", "一个", "两个", "一位",
    "一名", "谢谢", "老师", "同学", "两娃", "排队", "月龄", "左右", "微信",
)  # fmt: skip


def surname_of(name: str) -> str:
    """Return 欧阳 of 欧阳娜, 张 of 张三; empty if no surname is known (乐乐, 小满, Anna)."""
    if name[:2] in COMPOUND and len(name) > 2:
        return name[:2]
    is_pet_name = len(set(name)) == 1
    return name[:1] if name[:1] in SINGLE and len(name) > 1 and not is_pet_name else ""


def title_in(name: str) -> str:
    """Return 妈妈 of 张妈妈; empty if the name is more than a title."""
    ends = (title for title in TITLES if name.endswith(title) and name != title)
    return next(ends, "")


def is_only_title(name: str) -> bool:
    """Whether it is a surname with a title (张妈妈), or a title alone, and so no name."""
    before = name.removesuffix(title_in(name))
    return name in TITLES or (before != name and (before in SINGLE or before in COMPOUND))


def called(name: str, *, is_adult: bool, is_female: bool) -> str:
    """张女士 · 李先生 · 王小朋友: all that others in a group are told of a person."""
    surname = surname_of(name)
    if not is_adult:
        return _("%(surname)s小朋友", surname=surname) if surname else _("一位小朋友")
    if is_female:
        return _("%(surname)s女士", surname=surname) if surname else _("一位女士")
    return _("%(surname)s先生", surname=surname) if surname else _("一位先生")
