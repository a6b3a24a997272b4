using System.Globalization;
using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Ast.BinaryExpressions;
using Fluid.Filters;
using Fluid.Values;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// A Liquid template, parsed once and rendered by any number of threads. What fails in rendering is left out, and told; so is what a
/// template names and the model does not have, unless the template only asks whether it is there.
/// </summary>
internal sealed class LiquidTemplate
{
    /// <summary>Steps of one rendering, some ten a line of an order: far more than an order has.</summary>
    private const int MaxSteps = 100_000;

    private static readonly FluidParser Parser = new();
    private static readonly TemplateOptions Options = MakeOptions();

    /// <summary>What renders to nothing.</summary>
    public static readonly LiquidTemplate Empty = new(Parser.Parse(""));

    private readonly IFluidTemplate template;

    private LiquidTemplate(IFluidTemplate template) => this.template = template;

    /// <summary>The template that the text is, or what is wrong with it, and where: <c>at (line:column)</c>.</summary>
    public static (LiquidTemplate? Template, string Error) Parse(string text) => Parser.TryParse(text, out var parsed, out var error)
        ? (new LiquidTemplate(new LenientRewriter().VisitTemplate(parsed)), "")
        : (null, error.Split('\n', 2)[0].TrimEnd());

    /// <summary>The text that the template makes of the model. Throws when it takes too many steps.</summary>
    public string Render(LiquidModel model, Action<string> complain)
    {
        using var rendering = new LiquidRendering(model, (_, error) => complain(error));
        return rendering.Render(this, "").ToString();
    }

    /// <summary>What a rendering of this model needs, for any number of templates.</summary>
    internal static TemplateContext NewContext(LiquidModel model, Action<string> complain) => new LiquidContext(model, Options, complain);

    /// <summary>Appends the text to the writer, which must complete what it is asked at once. Texts are escaped by the encoder, if there is one.</summary>
    internal void Render(TextWriter writer, TemplateContext context, TextEncoder? escape)
    {
        ((LiquidContext)context).Escape = escape;
        context.EnterChildScope();
        try
        {
            var rendered = template.RenderAsync(writer, NullEncoder.Default, context);
            if (!rendered.IsCompletedSuccessfully)
                rendered.AsTask().GetAwaiter().GetResult();
        }
        finally
        {
            context.ReleaseScope();
        }
    }

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions
        {
            CultureInfo = CultureInfo.InvariantCulture,
            TimeZone = TimeZoneInfo.Utc,
            ModelNamesComparer = StringComparer.Ordinal,
            MaxSteps = MaxSteps,
            // A dash in a tag takes away the space beside it up to the line's end, not the empty lines behind that.
            Greedy = false,
        };
        // Filters as templates know them that were written for DotLiquid.
        options.Filters.AddFilter("h", MiscFilters.Escape);
        options.Filters.AddFilter("truncate_words", StringFilters.TruncateWords);
        options.Filters.AddFilter("date", Date);
        return options;
    }

    /// <summary>A date, by a format of Liquid (<c>%Y</c>) or, without a percent sign, of .NET (<c>yyyy</c>).</summary>
    private static ValueTask<FluidValue> Date(FluidValue input, FilterArguments arguments, TemplateContext context) =>
        arguments.At(0).ToStringValue() is { Length: > 0 } format && !format.Contains('%', StringComparison.Ordinal)
            ? MiscFilters.FormatDate(input, arguments, context)
            : MiscFilters.Date(input, arguments, context);

    /// <summary>A rendering.</summary>
    private sealed class LiquidContext(LiquidModel model, TemplateOptions options, Action<string> complain)
        : TemplateContext(model, options, allowModelMembers: false)
    {
        /// <summary>Escapes every text of the model that a template gets; null for none.</summary>
        public TextEncoder? Escape { get; set; }

        /// <summary>True while the template only asks whether something is there.</summary>
        public bool IsAsking { get; set; }

        public void Complain(Exception error) =>
            complain(error is FileNotFoundException ? $"'{error.Message}' cannot be included" : error.Message);

        /// <summary>False when whatever comes next fails.</summary>
        public bool HasStepsLeft()
        {
            try
            {
                IncrementSteps();
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        public void Miss(string name)
        {
            // What the template has assigned itself it may name, even if it is nothing.
            if (!IsAsking && GetValue(name) is UndefinedValue)
                complain($"Variable '{name}' could not be found");
        }
    }

    /// <summary>A template whose statements fail each for itself, and whose conditions may ask for what is not there.</summary>
    private sealed class LenientRewriter : AstRewriter
    {
        public override Statement Visit(Statement statement)
        {
            var rewritten = base.Visit(statement);
            // The parts of a condition or a choice are no statements of their own.
            return rewritten is TextSpanStatement or ElseStatement or ElseIfStatement or WhenStatement
                ? rewritten
                : new LenientStatement(rewritten);
        }

        protected override Statement VisitIfStatement(IfStatement statement) => base.VisitIfStatement(
            new IfStatement(Question(statement.Condition), statement.Statements, statement.Else, statement.ElseIfs));

        protected override Statement VisitElseIfStatement(ElseIfStatement statement) => base.VisitElseIfStatement(
            new ElseIfStatement(Question(statement.Condition), statement.Statements));

        protected override Statement VisitUnlessStatement(UnlessStatement statement) => base.VisitUnlessStatement(
            new UnlessStatement(Question(statement.Condition), statement.Statements, statement.Else));

        private static Expression Question(Expression condition) => condition switch
        {
            MemberExpression => new QuestionExpression(condition),
            AndBinaryExpression and => new AndBinaryExpression(Question(and.Left), Question(and.Right)),
            OrBinaryExpression or => new OrBinaryExpression(Question(or.Left), Question(or.Right)),
            _ => condition,
        };
    }

    private sealed class QuestionExpression(Expression asked) : Expression
    {
        public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var rendering = (LiquidContext)context;
            rendering.IsAsking = true;
            try
            {
                return await asked.EvaluateAsync(context);
            }
            finally
            {
                rendering.IsAsking = false;
            }
        }
    }

    private sealed class LenientStatement(Statement statement) : Statement
    {
        public override async ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
        {
            try
            {
                return await statement.WriteToAsync(writer, encoder, context);
            }
            catch (Exception e) when (((LiquidContext)context).HasStepsLeft())
            {
                ((LiquidContext)context).Complain(e);
                return Completion.Normal;
            }
        }
    }

    /// <summary>Lets a model tell a rendering what it does not have.</summary>
    public static void Miss(TemplateContext context, string name) => ((LiquidContext)context).Miss(name);

    /// <summary>What escapes the texts of the model in this rendering; null for none.</summary>
    public static TextEncoder? EscapeOf(TemplateContext context) => ((LiquidContext)context).Escape;
}
