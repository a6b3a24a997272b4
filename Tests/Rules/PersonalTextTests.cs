using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class PersonalTextTests
{
    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("where is the order of ada @ example.com")]
    [InlineData("ada＠example.com")]
    [InlineData("ada(at)example.com")]
    [InlineData("@ ada@example.com")]
    [InlineData("030:12*34~56")]
    [InlineData("030\u00AD123\u200B456")]
    [InlineData("+44 20 7946 0000")]
    [InlineData("(020) 7946-0000")]
    [InlineData("13800138000")]
    [InlineData("１３８００１３８０００")]
    [InlineData("٠١٢٣٤٥٦٧")]
    [InlineData("4242 4242 4242 4242")]
    [InlineData("4242–4242–4242–4242")]
    [InlineData("DE89 3704 0044 0532 0130 00")]
    [InlineData("call me 555-12-34")]
    public void what_may_name_a_person_is_recognised(string text) => Assert.True(PersonalText.IsLikely(text));

    [Theory]
    [InlineData("blue sofa")]
    [InlineData("sofa @")]
    [InlineData("@home")]
    [InlineData("usb 3.0 cable 100 w")]
    [InlineData("hdmi 2.1 144 hz 4k")]
    [InlineData("screws 4x40 mm 200 pieces")]
    [InlineData("咖啡豆 1000 克")]
    [InlineData("windows 11")]
    public void words_for_products_are_not(string text) => Assert.False(PersonalText.IsLikely(text));
}
