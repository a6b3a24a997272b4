using System.Text;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.Tests.Documents;

/// <summary>The problem codes, a heading each.</summary>
internal static class ProblemPage
{
    public static string Text()
    {
        var page = new StringBuilder();
        foreach (var problem in ProblemCodes.Descriptions)
            page.Append($"## {problem.Code}\n\n**{problem.Status}.** {problem.Meaning}\n\n**What to do.** {problem.Action}\n\n");
        return page.ToString().TrimEnd('\n');
    }
}
